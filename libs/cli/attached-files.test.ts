import assert from "node:assert/strict";
import { test } from "node:test";
import { fileTag, safeName } from "./attached-files.ts";

test("a name that a sender chose stays a file in its folder", () => {
  assert.equal(safeName("../../.bashrc"), "_.._.bashrc");
  assert.equal(safeName("-rf"), "rf");
  assert.equal(safeName("C:\\x\u0000.exe"), "C__x_.exe");
  assert.equal(safeName("Urlaub 2026 – Süd.jpg"), "Urlaub 2026 _ Süd.jpg");
  assert.equal(safeName("..."), "file");
  assert.equal(safeName(undefined), "file");
  assert.ok(!/[/\\]/.test(fileTag("ab/cd+efghij")));
});
