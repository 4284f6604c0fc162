import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodeHello, decodeHelloAnswer, encodeHello, encodeHelloAnswer } from "./hello-codec.ts";

const id = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes));
const commits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const mark = fc.record({ id, commits }, { noNullPrototype: true });
const phase = fc.constantFrom("starting" as const, "serving" as const, "leaving" as const);

test("a hello and its answer come through as they were", () => {
  fc.assert(
    fc.property(mark, phase, fc.array(id, { maxLength: 16 }), (each, at, former) => {
      const hello = { ...each, phase: at, former };
      assert.deepEqual(decodeHello(encodeHello(hello)), hello);
    }),
  );
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), fc.option(mark, { nil: undefined }), (kept, remembered) => {
      assert.deepEqual(decodeHelloAnswer(encodeHelloAnswer({ kept, remembered })), { kept, remembered });
    }),
  );
});

test("what is cut, too long or names too many ids is refused", () => {
  const hello = encodeHello({ id: Buffer.alloc(16), commits: 1n, phase: "serving", former: [] });
  const malformed = { code: "malformed" };
  assert.throws(() => decodeHello(hello.subarray(0, -1)), malformed);
  assert.throws(() => decodeHello(Buffer.concat([hello, Buffer.of(0)])), malformed);
  const many = Array.from({ length: 17 }, () => Buffer.alloc(16));
  assert.throws(
    () => decodeHello(encodeHello({ id: Buffer.alloc(16), commits: 1n, phase: "serving", former: many })),
    malformed,
  );
  assert.throws(() => decodeHelloAnswer(Buffer.of(0, 0, 0, 0, 1)), malformed);
});
