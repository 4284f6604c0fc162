import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodeBase64, encodeBase64, encodeBase64NoPad } from "./index.ts";

test("bytes survive base64 with and without padding", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert.deepEqual(decodeBase64(encodeBase64(bytes)), Buffer.from(bytes));
      assert.deepEqual(decodeBase64(encodeBase64NoPad(bytes)), Buffer.from(bytes));
      assert.doesNotMatch(encodeBase64NoPad(bytes), /=/);
    }),
  );
});

test("one foreign character anywhere refuses the text", () => {
  const foreign = fc.constantFrom("-", "_", " ", "\n", ".", "é", "\u0000");
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), foreign, (bytes, place, character) => {
      const text = encodeBase64NoPad(bytes);
      const at = place % text.length;
      assert.equal(decodeBase64(text.slice(0, at) + character + text.slice(at + 1)), undefined);
    }),
  );
});

test("padding may be absent but not partial, misplaced or excessive", () => {
  for (const text of ["YQ=", "YWI==", "=", "==", "====", "YQ===", "Y=Q=", "YQ==YQ==", "Y"]) {
    assert.equal(decodeBase64(text), undefined, text);
  }
  assert.deepEqual(decodeBase64(""), Buffer.alloc(0));
});
