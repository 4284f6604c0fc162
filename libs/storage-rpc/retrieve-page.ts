import { MAX_RETRIEVE_BYTES } from "./limits.ts";
import type { RetrieveRequest } from "./retrieve.ts";

/** What each message costs beside its data: JSON around it and its hash. */
const MESSAGE_OVERHEAD = 100 + 43;
/** A request without limits gets this share of the largest answer. */
const DEFAULT_SHARE = 5;

/** How much a retrieve may return. */
export interface RetrieveLimits {
  /** Messages; Infinity when only the size counts. */
  count: number;
  /** Bytes in the accounting of {@link messageCost}. */
  size: number;
}

/** What a message of `dataBytes` counts for: overhead and base64 text. */
export function messageCost(dataBytes: number): number {
  return MESSAGE_OVERHEAD + Math.floor((dataBytes * 4) / 3);
}

/**
 * Reads `max_count` and `max_size` of a request: 0 is the same as absent; a negative size is a share (-3 = a third of
 * the largest answer); without any limit a fifth.
 */
export function retrieveLimits(request: Pick<RetrieveRequest, "maxCount" | "maxSize">): RetrieveLimits {
  const { maxCount = 0, maxSize = 0 } = request;
  const count = maxCount === 0 ? Number.POSITIVE_INFINITY : Math.max(1, maxCount);
  if (maxSize < 0) return { count, size: Math.floor(MAX_RETRIEVE_BYTES / -maxSize) };
  if (maxSize > 0) return { count, size: Math.min(maxSize, MAX_RETRIEVE_BYTES) };
  return { count, size: maxCount === 0 ? Math.floor(MAX_RETRIEVE_BYTES / DEFAULT_SHARE) : MAX_RETRIEVE_BYTES };
}

/** The most rows that can matter for these limits: one more than fit, so that `more` is known. */
export function rowsToRead(limits: RetrieveLimits): number {
  return Math.min(limits.count, Math.max(1, Math.floor(limits.size / MESSAGE_OVERHEAD))) + 1;
}

/**
 * How many of the messages, given by their data sizes in order, fit; at least one when there is any. `more` is true when
 * one was left out.
 */
export function fitPage(dataSizes: Iterable<number>, limits: RetrieveLimits): { count: number; more: boolean } {
  let count = 0;
  let used = 0;
  for (const size of dataSizes) {
    used += messageCost(size);
    if (count > 0 && (count >= limits.count || used > limits.size)) return { count, more: true };
    count += 1;
  }
  return { count, more: false };
}
