import { type FailedEntry, refusedEntry } from "@swarmpost/storage-rpc";
import type { MemberFailure } from "../replicate.ts";
import { REFUSAL } from "../replica-kinds.ts";

/** The entry of a member whose answer made no sense. */
export const BAD_ANSWER: FailedEntry = { failed: true, bad_peer_response: true };

/** What the client reads about a member that did not do its part. */
export function failedEntry(failure: MemberFailure): FailedEntry {
  switch (failure.kind) {
    case "no-answer":
      return { failed: true, timeout: true };
    case "bad-answer":
      return BAD_ANSWER;
    case "refused":
      return refusedEntry(failure.code, reasonOf(failure.code));
  }
}

function reasonOf(code: number): string {
  if (code === REFUSAL.unavailable) return "Service node is not ready";
  if (code === REFUSAL.staleMap || code === REFUSAL.tooEarly) return "Swarm mismatch";
  return "request refused";
}
