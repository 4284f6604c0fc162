import type { Clock } from "@swarmpost/runtime";
import { type Change, lastDeletion, expiryAfter, latestExpiry } from "./change.ts";
import type { ChangeTable } from "./change-table.ts";
import type { MessageEntry } from "./message-key.ts";
import type { MessageTable } from "./message-table.ts";

/** What tells what is held here. */
export interface HeldParts {
  readonly messages: MessageTable;
  readonly changes: ChangeTable;
  readonly clock: Clock;
}

/**
 * For each message of another node, whether this node has all that is left of it after the account's own changes: it is here
 * with that end, or has ended, or was deleted.
 *
 * @param exact for each entry, whether only the message with this very stamp counts.
 */
export async function heldHere(
  entries: readonly MessageEntry[],
  { messages, changes, clock }: HeldParts,
  exact?: readonly boolean[],
): Promise<boolean[]> {
  const now = clock.now();
  const known = await changes.bearingOn(entries);
  const isExact = (i: number) => exact?.[i] ?? false;
  const left = entries.map((entry, i) => (isExact(i) ? entry : leftOf(entry, known[i] ?? [])));
  const held = await messages.holds(left, now, exact);
  return held.map((here, i) => here || (!isExact(i) && isOver(entries[i], known[i] ?? [], now)));
}

function leftOf(entry: MessageEntry, changes: readonly Change[]): MessageEntry {
  const claimed = Math.min(entry.expiryMs, latestExpiry(entry, changes));
  return { ...entry, expiryMs: expiryAfter(claimed, entry.stamp, changes) };
}

/** An entry does not say when its sender wrote it: only the message itself tells whether a `delete_before` hits it. */
function isOver(entry: MessageEntry | undefined, changes: readonly Change[], nowMs: number): boolean {
  if (entry === undefined) return false;
  return lastDeletion(entry.stamp, changes) !== undefined || expiryAfter(entry.expiryMs, entry.stamp, changes) <= nowMs;
}
