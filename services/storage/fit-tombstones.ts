import type { Deletion } from "./delete-statement.ts";
import type { TombstoneEntry } from "./message-key.ts";
import type { TombstoneTable } from "./tombstone-table.ts";

/** A request may be as long as a client's body; so much of them goes into one frame, and at least one. */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024;

/** Tombstones that fit into one frame, with the signed requests behind them. */
export interface Fitting {
  readonly tombstones: readonly TombstoneEntry[];
  readonly deletions: readonly Deletion[];
}

/**
 * The first tombstones whose requests together fit into one frame. Only these requests are read: a page of tombstones
 * can name thousands of long ones.
 */
export async function fitting(
  tombstones: readonly TombstoneEntry[],
  table: Pick<TombstoneTable, "deletions" | "requestSizes">,
): Promise<Fitting> {
  const sizes = await table.requestSizes(ids(tombstones));
  const fit = tombstones.slice(0, countFitting(tombstones, sizes));
  return { tombstones: fit, deletions: await table.deletions(ids(fit)) };
}

function countFitting(tombstones: readonly TombstoneEntry[], sizes: ReadonlyMap<string, number>): number {
  const counted = new Set<string>();
  let bytes = 0;
  const end = tombstones.findIndex(({ deletion }, i) => {
    const id = deletion.toString("latin1");
    if (!counted.has(id)) bytes += sizes.get(id) ?? 0;
    counted.add(id);
    return i > 0 && bytes > MAX_REQUEST_BYTES;
  });
  return end === -1 ? tombstones.length : end;
}

function ids(tombstones: readonly TombstoneEntry[]): Buffer[] {
  return [...new Map(tombstones.map(({ deletion }) => [deletion.toString("latin1"), deletion])).values()];
}
