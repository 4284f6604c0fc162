import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { frame, unframe } from "./index.ts";

test("both halves of a frame come back", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.json(), (blob, json) => {
      const parts = unframe(frame(blob, json));
      assert.deepEqual(parts, { blob: Buffer.from(blob), json: Buffer.from(json, "utf8") });
    }),
  );
});

test("the length is little-endian and counts the blob only", () => {
  assert.equal(frame(Buffer.alloc(258, 7), "{}").subarray(0, 5).toString("hex"), "0201000007");
});

test("a frame without a whole length or blob is refused", () => {
  for (const hex of ["", "000000", "01000000", "ffffffff00", "0300000061"]) {
    assert.equal(unframe(Buffer.from(hex, "hex")), undefined, hex);
  }
  assert.deepEqual(unframe(Buffer.alloc(4)), { blob: Buffer.alloc(0), json: Buffer.alloc(0) });
});

test("a frame inside a larger buffer is read from its own start", () => {
  const whole = new Uint8Array([9, 9, 1, 0, 0, 0, 65, 66]);
  assert.deepEqual(unframe(whole.subarray(2)), { blob: Buffer.from("A"), json: Buffer.from("B") });
});
