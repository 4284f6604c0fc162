import { doChange } from "./change-executor.ts";
import type { ChangeTable } from "./change-table.ts";
import type { ChangeRecord } from "./record.ts";
import type { TakeParts } from "./take-records.ts";
import { recordFault } from "./verify-record.ts";

/** What taking over changes needs. */
export interface TakeChangesParts extends TakeParts {
  readonly changes: ChangeTable;
}

/** Each puts up to `BURIALS_TOGETHER` commits into the queue at once: a page of them would fill it. */
const TOGETHER = 16;

/**
 * Takes changes of another node, each verified, and does what they say to the messages that are here. True for each that is
 * settled here.
 */
export async function takeChanges(
  records: readonly (ChangeRecord & { readonly id: Buffer })[],
  parts: TakeChangesParts,
): Promise<boolean[]> {
  const known = await parts.changes.holds(records);
  const take = async (record: ChangeRecord, isKnown: boolean) => {
    if (!parts.keeps(record.account)) return false;
    if (isKnown) return true;
    if (recordFault(record, parts.clock.now(), parts.convert) !== undefined) return false;
    await doChange(record, parts.commits);
    return true;
  };
  const settled: boolean[] = [];
  for (let from = 0; from < records.length; from += TOGETHER) {
    const some = records.slice(from, from + TOGETHER);
    settled.push(...(await Promise.all(some.map((record, i) => take(record, known[from + i] === true)))));
  }
  return settled;
}
