import type { RequestLog } from "@swarmpost/runtime";

/** Who waits for an answer: a client at the edge or another node on its link. */
export interface Caller {
  /** Milliseconds for which it still waits; 0 when it waits no more. Cheap. */
  readonly remainingMs: number;
  /** Fires when it waits no more. Made only when asked for. */
  readonly signal: AbortSignal;
  /** Takes what happens to its request inside this node. */
  readonly log: RequestLog;
}

/** What the way back takes: an answer that comes with the caller's last millisecond comes too late. */
const MARGIN_MS = 200;

/**
 * How long to wait for somebody else's answer on behalf of a caller, ms: never longer than `mostMs`, nor than the caller
 * itself waits less a margin. 0: not worth asking.
 */
export function timeFor(caller: Pick<Caller, "remainingMs">, mostMs: number): number {
  const left = caller.remainingMs;
  return Math.floor(Math.min(mostMs, left - Math.min(MARGIN_MS, left / 10)));
}
