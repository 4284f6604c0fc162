import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, posix } from "node:path";

// Documents lead to code by relative links. What a link's text promises is kept by its target:
//   [`name`](file.ts), [`Class.method`](file.ts)   the file has these identifiers
//   ["a sentence"](file.test.ts)                   the file has this text, as a test's name
//   [`folder/file.ts`](…), [`file.ts`](…)          the link leads to a path that ends so
//   [anything](page.md#heading)                    the page has this heading

/** A relative link of a document. */
export interface DocumentLink {
  readonly text: string;
  /** From the root of the repository. */
  readonly path: string;
  /** The heading after `#`, or empty. */
  readonly heading: string;
}

/** The repository as links see it. */
export interface LinkTargets {
  /** Whether a file or folder belongs to the repository. */
  readonly has: (path: string) => boolean;
  readonly read: (path: string) => string;
}

/** A link, or inline code, in which nothing is a link. */
const linkPattern = /\[((?:`[^`\n]*`|[^[\]`])+)\]\(([^()\s]+)\)|`[^`\n]*`/g;

const root = join(import.meta.dirname, "../..");

/** Every file that is tracked or about to be, and every folder that holds one; paths from the root. */
export function knownPaths(): ReadonlySet<string> {
  const options = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const listed = execFileSync("git", options, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }).split("\n");
  const known = new Set<string>();
  for (const file of listed.filter((path) => path !== "" && existsSync(join(root, path)))) {
    for (let path = file; path !== "." && !known.has(path); path = posix.dirname(path)) known.add(path);
  }
  return known;
}

/** The relative links of a Markdown document; those in code are none. */
export function linksOf(document: string, markdown: string): DocumentLink[] {
  const links: DocumentLink[] = [];
  for (const [, text = "", target = ""] of prose(markdown).matchAll(linkPattern)) {
    if (target === "" || /^[a-z]+:/i.test(target)) continue;
    const [file = "", heading = ""] = target.split("#");
    const path = file === "" ? document : posix.normalize(posix.join(posix.dirname(document), file));
    links.push({ text, path: path.replace(/\/$/, ""), heading });
  }
  return links;
}

/** One line for each link of a document that does not keep its promise. */
export function brokenLinks(document: string, markdown: string, targets: LinkTargets): string[] {
  return linksOf(document, markdown).flatMap((link) => {
    const read = (path: string): string => (path === document ? markdown : targets.read(path));
    const fault = faultOf(link, { has: (path) => path === document || targets.has(path), read });
    return fault === undefined ? [] : [`${document}: [${link.text}] ${link.path}: ${fault}`];
  });
}

function faultOf({ text, path, heading }: DocumentLink, targets: LinkTargets): string | undefined {
  if (!targets.has(path)) return "no such file";
  if (heading !== "" && !headings(targets.read(path)).has(heading)) return `no heading ${heading}`;
  const code = /^`([^`]+)`$/.exec(text)?.[1];
  if (code !== undefined) return faultOfCode(code, path, targets);
  const sentence = /^"(.+)"$/.exec(text)?.[1];
  if (sentence === undefined || targets.read(path).includes(`"${sentence}"`)) return undefined;
  return `it has no "${sentence}"`;
}

/** A path must be the target's own; anything else is made of identifiers that the target has. */
function faultOfCode(code: string, path: string, targets: LinkTargets): string | undefined {
  if (/\/|\.(ts|mjs|md|json|proto|sol|yaml)$/.test(code)) {
    return `/${path}`.includes(`/${code}`) ? undefined : `it is not ${code}`;
  }
  if (`/${path}`.endsWith(`/${code}`) || !/\.(ts|mjs|proto|sol)$/.test(path)) return undefined;
  const content = targets.read(path);
  const missing = code.match(/\w+/g)?.find((name) => !new RegExp(`(?<!\\w)${name}(?!\\w)`).test(content));
  return missing === undefined ? undefined : `it does not name ${missing}`;
}

/** The document without its blocks of code. */
function prose(markdown: string): string {
  return markdown.replace(/^(`{3,}|~{3,})[\s\S]*?^\1/gm, "");
}

/** Headings as GitHub names them in links. */
function headings(markdown: string): ReadonlySet<string> {
  const lines = prose(markdown).matchAll(/^#{1,6} +(.+?) *$/gm);
  return new Set([...lines].map(([, text = ""]) => slug(text)));
}

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}
