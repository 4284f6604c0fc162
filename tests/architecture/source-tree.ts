import { readFileSync, statSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** One import or re-export statement of a source file. */
export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** A source file of ours as the architecture rules see it. */
export interface SourceFile {
  /** Path from the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

const importPattern = /^\s*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?["']([^"']+)["']/gm;
const dynamicPattern = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** Every TypeScript and JavaScript file that we wrote: tracked or about to be, without generated code. */
export function sourceFiles(): SourceFile[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts", "*.mjs"], {
    cwd: root,
    encoding: "utf8",
  });
  const paths = [...new Set(listed.split("\n"))].filter((path) => path !== "" && !path.includes("/gen/"));
  return paths.sort().flatMap((path) => readSource(path));
}

/** Text of any file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** All tracked files, of any kind. */
export function trackedFiles(): string[] {
  const listed = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean);
  // A link to a folder stands for files that are tracked at their own place.
  return listed.filter((path) => !statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory());
}

function readSource(path: string): SourceFile[] {
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []; // deleted, not yet committed
    throw error;
  }
  const imports: Import[] = [];
  for (const match of text.matchAll(importPattern)) imports.push({ specifier: match[2]!, typeOnly: Boolean(match[1]) });
  for (const match of text.matchAll(dynamicPattern)) imports.push({ specifier: match[1]!, typeOnly: false });
  return [{ path, text, lines: text.split("\n").length, imports }];
}

/** `libs/onion/x.ts` → `{ group: "libs", name: "onion" }`. */
export function packageOf(path: string): { group: string; name: string } {
  const [group = "", name = ""] = path.split("/");
  return { group, name };
}

/** Where a relative import points, as a path from the root. */
export function resolveRelative(from: string, specifier: string): string {
  return relative(root, join(root, dirname(from), specifier));
}
