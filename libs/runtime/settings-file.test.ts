import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { configTypes, defineConfig, parseConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";

const schema = defineConfig({
  NAME: { schema: configTypes.text, doc: "A name." },
  PORT: { schema: configTypes.port, doc: "Where to listen.", default: 80 },
  TOKEN: { schema: configTypes.text.optional(), doc: "A secret.", secret: true },
});

function settingsFile(context: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "swarmpost-settings-"));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "settings"), text);
  return join(folder, "settings");
}

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    parseConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new assert.AssertionError({ message: "the configuration was taken" });
}

test("the settings file gives what the environment leaves out, and nothing else", (context) => {
  const path = settingsFile(context, "# of node 3\n\nNAME=three = drei\r\nPORT=22021\nUNKNOWN=x\nTOKEN=\n");
  const config = { NAME: "three = drei", PORT: 22021 };
  assert.deepEqual(parseConfig(schema, { SETTINGS_FILE: path }), config);
  assert.deepEqual(parseConfig(schema, { SETTINGS_FILE: path, NAME: "", PORT: "1" }), { ...config, PORT: 1 });
  assert.throws(() => parseConfig(schema, {}), ConfigError);
});

test("a secret's file named by the environment goes before the settings file, and may be named there too", (context) => {
  const token = settingsFile(context, "from a file\n");
  const path = settingsFile(context, "NAME=n\nTOKEN=direct\n");
  assert.equal(parseConfig(schema, { SETTINGS_FILE: path, TOKEN_FILE: token }).TOKEN, "from a file");
  const naming = settingsFile(context, `NAME=n\nTOKEN_FILE=${token}\n`);
  assert.equal(parseConfig(schema, { SETTINGS_FILE: naming }).TOKEN, "from a file");
});

test("what is wrong names the key and that it came from the file", (context) => {
  const path = settingsFile(context, "NAME=n\nPORT=99999\nTOKEN_FILE=/nonexistent\nhunter2\nNAME=m\n");
  const problems = problemsOf({ SETTINGS_FILE: path });
  assert.deepEqual(
    problems.map((problem) => problem.replace(/(PORT \(in SETTINGS_FILE\)): .*/, "$1")),
    [
      "SETTINGS_FILE: line 4 is no KEY=VALUE",
      "SETTINGS_FILE: line 5 names NAME a second time",
      "PORT (in SETTINGS_FILE)",
      "TOKEN_FILE (in SETTINGS_FILE) names a file that cannot be read",
    ],
  );
  assert.deepEqual(problemsOf({ NAME: "n", SETTINGS_FILE: "/nonexistent" }), [
    "SETTINGS_FILE names a file that cannot be read",
  ]);
});
