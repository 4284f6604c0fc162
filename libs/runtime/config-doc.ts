import type { ConfigSchema } from "./config.ts";

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** The configuration table of one service as Markdown, for docs/config.md. Defaults of secrets are shown: they are no secrets. */
export function renderConfigDoc(name: string, schema: ConfigSchema): string {
  const rows = Object.entries(schema).map(([key, entry]) => {
    const names = entry.secret === true ? `\`${key}\`, \`${key}_FILE\`` : `\`${key}\``;
    const optional = entry.schema.safeParse(undefined).success ? "optional" : "**required**";
    const fallback = entry.default === undefined ? optional : `\`${String(entry.default)}\``;
    return `| ${names} | ${cell(fallback)} | ${cell(entry.doc)} |`;
  });
  return [`## ${name}`, "", "| key | default | meaning |", "| --- | --- | --- |", ...rows, ""].join("\n");
}
