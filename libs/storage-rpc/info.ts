import { HARD_FORK, PROTOCOL_VERSION } from "./limits.ts";

/** `info`: the version and clock of a node. */
export interface InfoRequest {
  method: "info";
}

/** `info` has no parameters. */
export function parseInfo(): InfoRequest {
  return { method: "info" };
}

/** Body of the answer to `info`. */
export interface InfoReply {
  version: readonly [number, number, number];
  timestamp: number;
  t: number;
  hf: readonly [number, number];
}

/** Shapes the answer to `info`. */
export function infoReply(nowMs: number): InfoReply {
  return { version: PROTOCOL_VERSION, timestamp: nowMs, t: nowMs, hf: HARD_FORK };
}
