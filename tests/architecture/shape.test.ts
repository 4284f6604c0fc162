import assert from "node:assert/strict";
import { test } from "node:test";
import { basename } from "node:path";
import { packageOf, readText, sourceFiles, trackedFiles } from "./source-tree.ts";

const files = sourceFiles();
const isCode = (path: string): boolean => /^(libs|services)\//.test(path);
const notTest = files.filter((file) => isCode(file.path) && !file.path.endsWith(".test.ts"));

test("a file's name is one idea in kebab-case, never a category", () => {
  const category = /^(utils?|helpers?|common|types?|managers?|misc|shared)\.(ts|mjs)$/;
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.config)?\.(ts|mjs|d\.ts)$/;
  const bad = files
    .map((file) => file.path)
    .filter((path) => category.test(basename(path)) || !kebab.test(basename(path)));
  assert.deepEqual(bad, []);
});

test("no file is past 400 lines", () => {
  const data = /word-list/; // a list of words is data
  const bad = files
    .filter((file) => file.lines > 401 && !data.test(file.path))
    .map((file) => `${file.path} ${file.lines}`);
  assert.deepEqual(bad, []);
});

test("files stay small: the median within 80 lines and nine of ten within 220", () => {
  const sizes = notTest.map((file) => file.lines).sort((a, b) => a - b);
  assert.ok(sizes[Math.floor(sizes.length / 2)]! <= 80, `median ${sizes[Math.floor(sizes.length / 2)]}`);
  assert.ok(sizes[Math.floor(sizes.length * 0.9)]! <= 220, `p90 ${sizes[Math.floor(sizes.length * 0.9)]}`);
});

test("a package's index is an explicit contents page", () => {
  const bad = files.filter((file) => basename(file.path) === "index.ts" && /export \*/.test(file.text));
  assert.deepEqual(
    bad.map((file) => file.path),
    [],
  );
});

test("a service has its table of settings, its metrics, one composition root and a three-line main", () => {
  const services = new Set(
    files.filter((file) => file.path.startsWith("services/")).map((file) => packageOf(file.path).name),
  );
  assert.equal(services.size, 6);
  for (const name of services) {
    for (const part of ["config.ts", "metrics.ts", "service.ts", "main.ts"]) {
      assert.ok(
        files.some((file) => file.path === `services/${name}/${part}`),
        `services/${name}/${part} is missing`,
      );
    }
    const main = readText(`services/${name}/main.ts`)
      .split("\n")
      .filter((line) => line.trim() !== "" && !line.startsWith("//"));
    assert.ok(
      main.filter((line) => !line.startsWith("import")).length === 1,
      `services/${name}/main.ts does more than run`,
    );
    const root = files.find((file) => file.path === `services/${name}/service.ts`)!;
    assert.ok(root.lines <= 125, `services/${name}/service.ts has ${root.lines} lines`);
  }
});

test("only the runtime reads the environment", () => {
  const allowed = /^(libs\/(runtime|testkit|cli|localnet)|tests|deploy)\//;
  const bad = files.filter(
    (file) => /process\.env/.test(file.text) && !allowed.test(file.path) && !file.path.endsWith(".test.ts"),
  );
  assert.deepEqual(
    bad.map((file) => file.path),
    [],
  );
});

test("the code refuses enums, decorators and console output outside command-line programs", () => {
  const printing = /^(libs\/cli|deploy|tests)\//;
  const bad = notTest.flatMap((file) => [
    ...(/^\s*(export )?(const )?enum /m.test(file.text) ? [`${file.path}: enum`] : []),
    ...(/console\.(log|error|warn)\(/.test(file.text) && !printing.test(file.path) ? [`${file.path}: console`] : []),
  ]);
  assert.deepEqual(bad, []);
});

test("no test is skipped, left to do or run alone", () => {
  const soft = /\b(test|it|describe|suite)\.(skip|todo|only)\b|\b(skip|todo): *(true|["'`])/;
  const bad = files.filter((file) => file.path !== "tests/architecture/shape.test.ts" && soft.test(file.text));
  assert.deepEqual(
    bad.map((file) => file.path),
    [],
  );
});

test("no tracked file names a path of a developer's machine", () => {
  const bad = trackedFiles()
    .filter((path) => !/\.(png|wasm)$|pnpm-lock\.yaml$/.test(path))
    .filter((path) => new RegExp(["/wo", "rk/|/ro", "ot/|/ho", "me/[a-z]"].join("")).test(readText(path)));
  assert.deepEqual(bad, []);
});

test("tests wait for conditions, never for a time", () => {
  const waiters = /\.test\.ts$|\/testing\/|^tests\/(?!bench\/)/;
  const sleeps =
    /await (delay|sleep|setTimeoutPromise)\(|setTimeout[^;]*from "node:timers\/promises"|new Promise(<\w+>)?\(\((\w+)\) => setTimeout\(\2/;
  const bad = files.filter((file) => waiters.test(file.path) && sleeps.test(file.text));
  assert.deepEqual(
    bad.map((file) => file.path),
    [],
  );
});
