import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { compileContracts } from "./compile.ts";

test("the committed artifacts are what the contracts compile to", () => {
  for (const [name, content] of compileContracts()) {
    assert.equal(readFileSync(join(import.meta.dirname, "gen", name), "utf8"), content, `gen/${name} is stale`);
  }
});
