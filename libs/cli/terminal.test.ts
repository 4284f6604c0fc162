import assert from "node:assert/strict";
import { test } from "node:test";
import { printable, printableName } from "./terminal.ts";

test("a stranger's text can't steer the terminal", () => {
  assert.equal(printable("\u001b[2J\u001b]0;title\u0007gone\r"), "\ufffd[2J\ufffd]0;title\ufffdgone\ufffd");
  assert.equal(printable("a\u202eb\u2066c\u009b"), "a\ufffdb\ufffdc\ufffd");
});

test("ordinary text of any script stays as it is", () => {
  const text = "two\nlines\tשלום 你好 👋🏽 e\u0301";
  assert.equal(printable(text), text);
});

test("a name begins no line of its own", () => {
  assert.equal(printableName("photo.jpg\n2026-01-01  05ab\u001b"), "photo.jpg\ufffd2026-01-01  05ab\ufffd");
});
