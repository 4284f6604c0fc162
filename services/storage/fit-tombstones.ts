import type { Deletion } from "./delete-statement.ts";
import type { TombstoneEntry } from "./message-key.ts";

/** A request may be as long as a client's body; so much of them goes into one frame, and at least one. */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;

/** The first tombstones whose requests together fit into one frame. */
export function fit(tombstones: readonly TombstoneEntry[], deletions: readonly Deletion[]): TombstoneEntry[] {
  const sizes = new Map(deletions.map(({ id, request }) => [id.toString("latin1"), request.length]));
  const counted = new Set<string>();
  let bytes = 0;
  const end = tombstones.findIndex((tombstone, i) => {
    const id = tombstone.deletion.toString("latin1");
    if (!counted.has(id)) bytes += sizes.get(id) ?? 0;
    counted.add(id);
    return i > 0 && bytes > MAX_REQUEST_BYTES;
  });
  return end === -1 ? [...tombstones] : tombstones.slice(0, end);
}
