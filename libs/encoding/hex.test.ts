import assert from "node:assert/strict";
import { test } from "node:test";
import { hexToBytes } from "./index.ts";

test("hex of the right length decodes in either case", () => {
  assert.deepEqual(hexToBytes("00fFAb", 3), Buffer.from([0, 255, 171]));
  assert.deepEqual(hexToBytes("", 0), Buffer.alloc(0));
});

test("hex of another length or with other characters is refused", () => {
  for (const text of ["00ff", "00ffa", "00ffzz", "0x00ff", "00ff  ", "00ff0\u0660"])
    assert.equal(hexToBytes(text, 3), undefined);
});
