import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { base32z, decodeBase32z } from "./index.ts";

test("bytes survive z-base-32 in either case", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = base32z(bytes);
      assert.equal(text.length, Math.ceil((bytes.length * 8) / 5));
      assert.deepEqual(decodeBase32z(text), Buffer.from(bytes));
      assert.deepEqual(decodeBase32z(text.toUpperCase()), Buffer.from(bytes));
    }),
  );
});

test("other characters and impossible lengths are refused", () => {
  for (const text of ["l", "v", "2", "0", "y", "yyy", "yyyyyy", "yy=", "é1"])
    assert.equal(decodeBase32z(text), undefined);
});
