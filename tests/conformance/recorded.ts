import { readFileSync } from "node:fs";

/** One entry of a vector file: `kind` and `source` always, the rest as the kind says. */
export type Vector = Readonly<Record<string, unknown>> & { readonly kind: string; readonly source: string };

/** Reads a JSON file below `tests/conformance/vectors`. */
export function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`vectors/${name}`, import.meta.url), "utf8")) as T;
}

/** All entries of `client.json` of one kind. */
export function clientVectors<T>(kind: string): readonly (Vector & T)[] {
  const file = readJson<{ vectors: readonly Vector[] }>("client.json");
  return file.vectors.filter((entry): entry is Vector & T => entry.kind === kind);
}

/** One line of a recording, see `vectors/captures/README.md`. */
export interface RecordedLine {
  readonly seq: number;
  readonly where: string;
  readonly rawHead?: string;
  readonly bodyText?: string;
  readonly bodyHex?: string;
  readonly bodyLen?: number;
  readonly [key: string]: unknown;
}

/** A stand-in node of a recording with its throw-away secret. */
export interface RecordedNode {
  readonly port: number;
  readonly pubkey_ed25519: string;
  readonly pubkey_x25519: string;
  readonly x25519_secret: string;
}

/** The lines of one recording, in order of arrival, with its nodes by port. */
export function readRecording(client: "session-desktop" | "sessionjs"): {
  lines: readonly RecordedLine[];
  nodes: ReadonlyMap<number, RecordedNode>;
} {
  const text = readFileSync(new URL(`vectors/captures/${client}.jsonl`, import.meta.url), "utf8");
  const nodes = readJson<readonly RecordedNode[]>(`captures/${client}.nodes.json`);
  return {
    lines: text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as RecordedLine),
    nodes: new Map(nodes.map((node) => [node.port, node])),
  };
}
