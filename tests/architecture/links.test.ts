import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenLinks, knownPaths, linksOf } from "./document-links.ts";
import { readText, sourceFiles, trackedFiles } from "./source-tree.ts";

const paths = knownPaths();
const tree = { has: (path: string) => paths.has(path), read: readText };
const documents = trackedFiles().filter((path) => path.endsWith(".md") && paths.has(path));

test("every relative link of every document leads to a file, and to what its text names", () => {
  assert.ok(documents.includes("ARCHITECTURE.md"));
  assert.deepEqual(
    documents.flatMap((path) => brokenLinks(path, readText(path), tree)),
    [],
  );
});

const folderOf = (path: string): string => path.split("/").slice(0, 2).join("/");

/** The packages in the order of the tables in ARCHITECTURE.md. */
function listedPackages(): string[] {
  const parts = readText("ARCHITECTURE.md").split(/^## \d+\. /m);
  const tables = parts.find((part) => part.startsWith("The packages\n")) ?? "";
  const rows = tables.split("\n").filter((line) => line.startsWith("| [`"));
  return rows.map((row) => folderOf(linksOf("ARCHITECTURE.md", row)[0]!.path));
}

test("ARCHITECTURE.md lists every package once, and below all that it depends on", () => {
  const listed = listedPackages();
  const code = sourceFiles().filter((file) => /^(libs|services)\//.test(file.path));
  assert.deepEqual(listed.toSorted(), [...new Set(code.map((file) => folderOf(file.path)))].toSorted());
  const wrong = code.flatMap(({ path, imports }) => {
    if (/\.test\.ts$|\/testing\/|\/[\w-]*(test-|-contract)[\w-]*\.ts$/.test(path)) return [];
    const allowed = listed.slice(0, listed.indexOf(folderOf(path)) + 1);
    const names = imports.flatMap(({ specifier }) => /^@swarmpost\/([\w-]+)/.exec(specifier)?.[1] ?? []);
    const outside = names.filter((name) => !allowed.some((folder) => folder.endsWith(`/${name}`)));
    return outside.map((name) => `${path} imports ${name}, which is not above ${folderOf(path)}`);
  });
  assert.deepEqual(wrong, []);
});

test("the reader of links finds what is broken, so that the rules above can fail", () => {
  const files = new Map([
    ["a/code.ts", "export function build() {}\nclass Paths { #strike() {} }"],
    ["a/code.test.ts", 'test("a sentence that holds", () => {});'],
    ["a/page.md", "# One part\n\n## Ports & files\n\n```md\n[not a link](nowhere.md)\n```\n"],
  ]);
  const known = { has: (path: string) => files.has(path) || path === "a", read: (path: string) => files.get(path)! };
  const good = [
    "[`build`](code.ts) [`Paths.strike`](code.ts) [`code.ts`](code.ts) [`a/code.ts`](../a/code.ts)",
    '[folder](../a) ["a sentence that holds"](code.test.ts) [x](https://example.org/x) [there](#here)',
    "[part](page.md#ports--files) `[no](link.md)` [`a`](../a)",
    "# Here",
  ].join("\n");
  assert.deepEqual(brokenLinks("a/good.md", good, known), []);
  const bad: [string, RegExp][] = [
    ["[gone](gone.ts)", /no such file/],
    ["[outside](../../etc/passwd)", /no such file/],
    ["[`buil`](code.ts)", /does not name buil/],
    ["[`Paths.drop`](code.ts)", /does not name drop/],
    ["[`other.ts`](code.ts)", /is not other.ts/],
    ['["a sentence"](code.test.ts)', /has no "a sentence"/],
    ["[part](page.md#elsewhere)", /no heading elsewhere/],
  ];
  for (const [text, reason] of bad) {
    const [found, ...more] = brokenLinks("a/bad.md", text, known);
    assert.match(found ?? "nothing was found", reason);
    assert.deepEqual(more, []);
  }
});
