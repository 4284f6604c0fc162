import { generatedDocs } from "../../deploy/dev/generate-docs.ts";

/** Metrics that every Node process of the services has; the panels use some of them. */
const PROCESS = /^(process|nodejs)_[a-z0-9_]+$/;

/** Names of the metrics that the services declare, from the tables that docs/metrics.md is made of, with their types. */
export async function declaredMetrics(): Promise<Map<string, string>> {
  const table = (await generatedDocs()).get("metrics.md") ?? "";
  const rows = [...table.matchAll(/^\| `(swarmpost_[a-z0-9_]+)` \| (\w+) \|/gm)];
  return new Map(rows.map(([, name, type]) => [name as string, type as string]));
}

/** A histogram's series are found under three names. */
export function baseName(name: string, declared: ReadonlyMap<string, string>): string {
  const base = name.replace(/_(bucket|sum|count)$/, "");
  return declared.get(base) === "histogram" ? base : name;
}

/** What an expression reads: metrics by name, and patterns of names. */
export interface Reads {
  readonly names: readonly string[];
  readonly patterns: readonly RegExp[];
}

/** The metrics, recorded rules and name patterns that a PromQL expression reads. */
export function readsOf(expression: string): Reads {
  const patterns = [...expression.matchAll(/__name__=~"([^"]+)"/g)].map((match) => new RegExp(`^(?:${match[1]})$`));
  const code = expression.replace(/"[^"]*"/g, '""');
  const names = code.match(/\b(?:swarmpost[a-z0-9_:]*|process_[a-z0-9_]+|nodejs_[a-z0-9_]+)\b/g) ?? [];
  return { names: [...new Set(names)], patterns };
}

/** Whether a name is one of the process metrics. */
export function isProcessMetric(name: string): boolean {
  return PROCESS.test(name);
}
