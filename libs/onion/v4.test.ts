import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodeV4Request, decodeV4Response, encodeV4Request, encodeV4Response } from "./index.ts";

test("v4 requests and answers read back as they were written", () => {
  const headers = fc.dictionary(fc.stringMatching(/^[a-z-]{1,12}$/), fc.string(), { noNullPrototype: true });
  const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value));
  fc.assert(
    fc.property(headers, fc.string(), bytes, fc.integer({ min: 100, max: 599 }), (fields, path, body, code) => {
      const request = { method: "POST", endpoint: `/${path}`, headers: fields, body };
      assert.deepEqual(decodeV4Request(encodeV4Request(request)), request);
      const response = { code, headers: fields, body };
      assert.deepEqual(decodeV4Response(encodeV4Response(response)), response);
    }),
  );
});

test("what is not a v4 request or answer is refused as such", () => {
  const meta = `{"method":"GET","endpoint":"no-slash"}`;
  const texts = ["", "le", "i1e", "l2:{}e", "l3:[1]e", `l${meta.length}:${meta}e`, "l2:{}1:a1:be", "l2:{}i5ee"];
  for (const text of texts) {
    assert.throws(() => decodeV4Request(Buffer.from(text)), { code: "invalid-v4" }, text);
    assert.throws(() => decodeV4Response(Buffer.from(text)), { code: "invalid-v4" }, text);
  }
});
