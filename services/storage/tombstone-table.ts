import type { Database } from "@swarmpost/postgres";
import type { Deletion } from "./delete-statement.ts";
import type { TombstoneEntry, TombstoneKey } from "./message-key.ts";

interface Row {
  account: Buffer;
  hash: Buffer;
  stamp_ms: bigint;
  stamp_node: Buffer;
  expiry_ms: bigint;
  deletion: Buffer;
}

const ENTRY = "account, hash, stamp_ms, stamp_node, expiry_ms, deletion";
const NONE = Buffer.alloc(0);

/** Reads of tombstones that handoff needs. All throw DatabaseError. */
export class TombstoneTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Tombstones in the order of their keys, after a given one. */
  async page(after: TombstoneKey | undefined, limit: number, nowMs: number): Promise<TombstoneEntry[]> {
    const { rows } = await this.#database.query<Row>({
      name: "tombstone_page",
      text: `select ${ENTRY} from tombstone where (account, hash) > ($1, $2) and expiry_ms > $3
             order by account, hash limit $4`,
      values: [after?.account ?? NONE, after?.hash ?? NONE, nowMs, limit],
    });
    return rows.map(entry);
  }

  /**
   * For each tombstone, whether this node has it or a later one, in the same order.
   *
   * @param exact for each, whether only the one with this very stamp counts.
   */
  async holds(entries: readonly TombstoneEntry[], exact?: readonly boolean[]): Promise<boolean[]> {
    if (entries.length === 0) return [];
    const { rows } = await this.#database.query<{ holds: boolean }>({
      name: "tombstone_holds",
      text: `select exists (select from tombstone t where t.account = i.account and t.hash = i.hash
               and (t.stamp_ms, t.stamp_node) >= (i.stamp_ms, i.stamp_node)
               and (not i.exact or (t.stamp_ms, t.stamp_node) = (i.stamp_ms, i.stamp_node))) as holds
             from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bytea[], $5::boolean[])
               with ordinality as i (account, hash, stamp_ms, stamp_node, exact, ord)
             order by i.ord`,
      values: [
        entries.map((each) => each.account),
        entries.map((each) => each.hash),
        entries.map((each) => each.stamp.ms),
        entries.map((each) => each.stamp.node),
        entries.map((_, i) => exact?.[i] ?? false),
      ],
    });
    return rows.map((row) => row.holds);
  }

  /** The sizes in bytes of signed requests, by id (latin1). */
  async requestSizes(ids: readonly Buffer[]): Promise<Map<string, number>> {
    const { rows } = await this.#database.query<{ id: Buffer; size: number }>({
      name: "tombstone_request_sizes",
      text: "select id, length(request) as size from deletion where id = any($1::bytea[])",
      values: [ids],
    });
    return new Map(rows.map(({ id, size }) => [id.toString("latin1"), size]));
  }

  /** The signed requests behind tombstones. */
  async deletions(ids: readonly Buffer[]): Promise<Deletion[]> {
    const { rows } = await this.#database.query<{ id: Buffer; account: Buffer; request: Buffer }>({
      name: "tombstone_deletions",
      text: "select id, account, request from deletion where id = any($1::bytea[])",
      values: [ids],
    });
    return rows;
  }
}

function entry(row: Row): TombstoneEntry {
  return {
    account: row.account,
    hash: row.hash,
    stamp: { ms: Number(row.stamp_ms), node: row.stamp_node },
    expiryMs: Number(row.expiry_ms),
    deletion: row.deletion,
  };
}
