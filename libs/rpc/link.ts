import type { Pubkey } from "@swarmpost/crypto";

/**
 * - "idle": nothing is open because nobody asked; the next request connects.
 * - "connecting": requests wait for the connection, each until its own deadline.
 * - "up": requests go out in the next tick.
 * - "down": the last attempt failed; requests fail at once with "unreachable" while attempts go on in the background.
 */
export type LinkState = "idle" | "connecting" | "up" | "down";

/** What a caller says about one request. */
export interface LinkRequestOptions {
  /** Milliseconds from now until the caller no longer wants the answer; told to the other end as well. */
  deadlineMs: number;
  /** Takes the request back: the other end is told, so that it waits for nothing on our behalf, and the request fails as "cancelled" once that end has let go of it (at once when it was not sent yet). */
  signal?: AbortSignal;
}

/** A long-lived stream of correlated requests to one other end. See docs/protocol/peer-link.md. */
export interface Link extends AsyncDisposable {
  /**
   * Sends one request and resolves with the answer's payload, a view of the received bytes. Rejects with LinkError only.
   * `payload` must not be changed until the promise settles.
   */
  request(kind: number, payload: Uint8Array, options: LinkRequestOptions): Promise<Buffer>;
  readonly state: LinkState;
}

/** A request as the serving end sees it. */
export interface LinkRequest {
  /** Key that TLS verified; undefined on a link inside the pod. */
  readonly peer: Pubkey | undefined;
  /** 0 to 255; meaning agreed between the ends. */
  readonly kind: number;
  /** View of the received bytes, or a copy of its own where they are many: copy what outlives the request. */
  readonly payload: Buffer;
  /** Fires when the deadline passed, the caller took the request back, or the link is gone. Made only when asked for. */
  readonly signal: AbortSignal;
  /** Milliseconds until the caller no longer wants the answer; 0 when it does not any more, or its link is gone. */
  readonly remainingMs: number;
}

/**
 * Answers one request; runs concurrently with others of the same link. A LinkRefusal it throws reaches the caller; anything
 * else becomes refusal 500 without its text.
 */
export type LinkHandler = (request: LinkRequest) => Promise<Uint8Array>;

/** Bounds of one link; every field has a default. */
export interface LinkLimits {
  /** Bytes of requests without an answer, on the calling end; more is "overloaded". Default 64 MiB. */
  maxOutstandingBytes?: number;
  /** Requests without an answer, on the calling end; more is "overloaded". Default 16,384. */
  maxOutstanding?: number;
  /** Unused for this long, a link closes; it opens again when asked. Default 300,000; 0 keeps it open for ever. */
  idleMs?: number;
  /** An attempt to connect fails after this long. Default 5,000. */
  connectTimeoutMs?: number;
  /** First and longest pause between attempts while down. Default 100 and 5,000. */
  backoffMs?: { min: number; max: number };
}
