import { type FailedEntry, refusedEntry } from "@swarmpost/storage-rpc";
import type { MemberResult } from "../replicate.ts";
import { REFUSAL } from "../replica-kinds.ts";

/** What the client reads about a member that did not do its part; one that did the part of another request made no sense. */
export function failedEntry(result: MemberResult): FailedEntry {
  switch (result.kind) {
    case "no-answer":
      return { failed: true, timeout: true };
    case "refused":
      return refusedEntry(result.code, reasonOf(result.code));
    default:
      return { failed: true, bad_peer_response: true };
  }
}

function reasonOf(code: number): string {
  if (code === REFUSAL.unavailable) return "Service node is not ready";
  if (code === REFUSAL.staleMap || code === REFUSAL.tooEarly) return "Swarm mismatch";
  return "request refused";
}
