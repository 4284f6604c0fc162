import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { generatedChart } from "../../deploy/dev/generate-chart.ts";
import { generatedDocs } from "../../deploy/dev/generate-docs.ts";
import { readText } from "./source-tree.ts";

const root = join(import.meta.dirname, "../..");

test("the generated documents are those of this code", async () => {
  for (const [name, text] of await generatedDocs())
    assert.ok(readText(`docs/${name}`) === text, `docs/${name} is out of date: run npm run generate`);
});

test("the chart's README and the descriptions in its schema are the comments of its values", () => {
  for (const [path, text] of generatedChart()) {
    const plain = (content: string): unknown => (path.endsWith(".json") ? JSON.parse(content) : content);
    assert.deepEqual(plain(readText(path)), plain(text), `${path} is out of date: run npm run generate`);
  }
});

test("the protobuf code is that of the protocol files, and these pass the lint", () => {
  const folder = mkdtempSync(join(tmpdir(), "swarmpost-protos-"));
  try {
    cpSync(join(root, "protos"), join(folder, "protos"), { recursive: true });
    const bin = [join(root, "libs/protos/node_modules/.bin"), join(root, "node_modules/.bin"), process.env.PATH];
    const env = { ...process.env, PATH: bin.join(":") };
    const options = { cwd: join(folder, "protos"), env, stdio: "pipe" } as const;
    execFileSync("buf", ["lint"], options);
    execFileSync("buf", ["generate"], options);
    const fresh = join(folder, "libs/protos/gen");
    const files = readdirSync(fresh, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    assert.ok(files.length >= 10);
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name);
      const kept = join("libs/protos/gen", path.slice(fresh.length));
      assert.ok(readText(kept) === readFileSync(path, "utf8"), `${kept} is out of date: run npm run generate`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
