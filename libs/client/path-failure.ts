import { type Pubkey, pubkey } from "@swarmpost/crypto";

/** Why an onion did not come back with its destination's answer. */
export interface PathFailure {
  /**
   * `guard`: the first node can't be reached; `node`: somebody on the way names `node` as missing or not answering;
   * `self`: `node` itself says that it can't serve; `slow`: nobody answered in time; `refused`: some node refused the
   * onion.
   */
  readonly kind: "guard" | "node" | "self" | "slow" | "refused";
  /** The node that is named. */
  readonly node?: Pubkey;
  /** One line for people. */
  readonly reason: string;
}

// Session storage server's texts (2.11); clients tell failures apart by them, so they are stable.
const NAMES_A_NODE = /(Next node not found|Next node is currently unreachable|Snode not ready): ([0-9a-fA-F]{64})/;

/** Reads what a guard answered with a status other than 200. */
export function failureOf(status: number, body: Buffer): PathFailure {
  const text = body.subarray(0, 300).toString("utf8").trim();
  const named = NAMES_A_NODE.exec(text);
  if (named?.[1] !== undefined && named[2] !== undefined) {
    return { kind: "node", node: pubkey(named[2]), reason: `${named[1]}: ${named[2].slice(0, 8)}` };
  }
  if (status === 503 && text.startsWith("Service node is not ready")) return { kind: "guard", reason: text };
  if (status === 504) return { kind: "slow", reason: "a node of the path did not answer in time" };
  return { kind: "refused", reason: `status ${status}${text === "" ? "" : `: ${firstLine(text)}`}` };
}

/**
 * Reads a status other than 200 of a request to a server. The server's own answer comes back plain, so its words may be the
 * server's: they name nobody, and nobody pays for them.
 */
export function serverFailureOf(status: number, body: Buffer): PathFailure {
  const { kind, reason } = failureOf(status, body);
  return { kind: kind === "slow" ? "slow" : "refused", reason };
}

/** Reads why a POST to a guard failed. */
export function failureOfConnection(error: unknown): PathFailure {
  const name = error instanceof Error ? error.name : "";
  if (name === "TimeoutError" || name === "AbortError") return { kind: "slow", reason: "no answer in time" };
  return { kind: "guard", reason: "the guard can't be reached" };
}

function firstLine(text: string): string {
  return (text.split("\n", 1)[0] ?? "").slice(0, 120);
}
