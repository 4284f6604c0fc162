import { doChange } from "./change-executor.ts";
import type { ChangeTable } from "./change-table.ts";
import type { ChangeRecord } from "./record.ts";
import type { TakeParts } from "./take-records.ts";
import { recordFault } from "./verify-record.ts";

/** What taking over changes needs. */
export interface TakeChangesParts extends TakeParts {
  readonly changes: ChangeTable;
}

/**
 * Takes changes of another node, each verified, and does what they say to the messages that are here. True for each that is
 * settled here.
 */
export async function takeChanges(
  records: readonly (ChangeRecord & { readonly id: Buffer })[],
  parts: TakeChangesParts,
): Promise<boolean[]> {
  const known = await parts.changes.holds(records);
  return Promise.all(
    records.map(async (record, i) => {
      if (!parts.keeps(record.account)) return false;
      if (known[i] === true) return true;
      if (recordFault(record, parts.clock.now(), parts.convert) !== undefined) return false;
      await doChange(record, parts.commits);
      return true;
    }),
  );
}
