// Writes what the comments of the chart's values.yaml say a second time: its README and the descriptions in its schema.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(import.meta.dirname, "../..");
const chart = "charts/swarmpost";

/** A value of values.yaml with the comment above it. */
interface DocumentedValue {
  /** `nodes.relay.resources`. */
  readonly path: string;
  readonly comment: string;
  /** What stands behind the key, and in the lines below it that have no comments of their own. */
  default: string;
}

/** Path of a generated file from the repository's root → its text. */
export function generatedChart(): Map<string, string> {
  const values = documentedValues(readFileSync(join(root, chart, "values.yaml"), "utf8"));
  const schema = JSON.parse(readFileSync(join(root, chart, "values.schema.json"), "utf8")) as Schema;
  for (const { path, comment } of values) describe(schema, path.split("."), comment);
  return new Map([
    [`${chart}/README.md`, readme(values)],
    [`${chart}/values.schema.json`, `${JSON.stringify(schema, null, 2)}\n`],
  ]);
}

/** Every value that has a comment, in the file's order. The comment ends at an empty line, so a file's head is nobody's. */
function documentedValues(text: string): DocumentedValue[] {
  const found: DocumentedValue[] = [];
  const keys: { indent: number; key: string }[] = [];
  let comment: string[] = [];
  for (const line of text.split("\n")) {
    const remark = /^ *# ?(.*)$/.exec(line);
    if (remark) {
      comment.push(remark[1]!.trim());
      continue;
    }
    const entry = /^( *)([\w./-]+): *(.*)$/.exec(line);
    if (entry && comment.length > 0) {
      const indent = entry[1]!.length;
      while (keys.length > 0 && keys.at(-1)!.indent >= indent) keys.pop();
      keys.push({ indent, key: entry[2]! });
      found.push({ path: keys.map(({ key }) => key).join("."), comment: comment.join(" "), default: entry[3]! });
    } else if (line.trim() !== "" && found.length > 0) {
      const last = found.at(-1)!;
      last.default = last.default === "" ? line.trim() : `${last.default}, ${line.trim()}`;
    }
    comment = [];
  }
  return found;
}

interface Schema {
  description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

function describe(schema: Schema, path: readonly string[], comment: string): void {
  const part = path.reduce<Schema | undefined>((at, key) => at?.properties?.[key], schema);
  if (part === undefined) throw new Error(`values.schema.json does not know ${path.join(".")}`);
  part.description = comment;
}

function readme(values: readonly DocumentedValue[]): string {
  const isGroup = ({ path }: DocumentedValue): boolean => values.some((other) => other.path.startsWith(`${path}.`));
  const rows = values.map((value) =>
    isGroup(value)
      ? `| **\`${value.path}\`** | | **${value.comment}** |`
      : `| \`${value.path}\` | ${value.default === "" ? "" : `\`${value.default}\``} | ${value.comment} |`,
  );
  return [...introduction, "| value | default | meaning |", "| --- | --- | --- |", ...rows, ""].join("\n");
}

const introduction = [
  "<!-- Generated from values.yaml by `npm run generate`; do not edit. -->",
  "# The swarmpost chart",
  "",
  "A private, anonymous store-and-forward message network that speaks Session's protocol.",
  "",
  "```",
  "helm install net charts/swarmpost --wait     # a whole network for evaluation, on Kubernetes 1.29 or newer",
  "helm test net                                # sends a message over three hops and reads it",
  "```",
  "",
  "Out of the box the chain, Postgres, NATS and Redis are single instances **for evaluation, not for production**. In production",
  "switch each off and name an existing one. Files in [ci](ci) are whole examples: existing stores by URL or Secret, every kind of",
  "address, a second operator, monitoring. How to run it day by day is in [docs/operations.md](../../docs/operations.md).",
  "",
  "Keys, certificates and passwords are made once by the `prepare` hook and never changed by it; they stay after `helm uninstall`,",
  "as do the volumes. `helm upgrade` restarts what changed and nothing else.",
  "",
  "Programs read more settings than there are values: see [docs/config.md](../../docs/config.md) and the `settings` maps.",
  "",
  "## Values",
  "",
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of generatedChart()) writeFileSync(join(root, path), text);
}
