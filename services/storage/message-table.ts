import type { Database } from "@swarmpost/postgres";
import { decodeAuth } from "./auth-codec.ts";
import type { MessageEntry, MessageKey } from "./message-key.ts";
import type { StoreRecord } from "./record.ts";
import { isOutbox } from "./store-statement.ts";

interface EntryRow {
  account: Buffer;
  hash: Buffer;
  namespace: number;
  stamp_ms: bigint;
  stamp_node: Buffer;
  expiry_ms: bigint;
  body_size: number;
}

interface RecordRow extends EntryRow {
  timestamp_ms: bigint;
  auth: Buffer | null;
  data: Buffer;
}

const ENTRY = "m.account, m.hash, m.namespace, m.stamp_ms, m.stamp_node, m.expiry_ms, m.body_size";
const START: MessageKey = { account: Buffer.alloc(0), hash: Buffer.alloc(0), namespace: 0 };

/** Reads of messages that handoff needs; nothing expired is ever seen. All throw DatabaseError. */
export class MessageTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Entries in the order of their keys, after a given one. */
  async page(after: MessageKey | undefined, limit: number, nowMs: number): Promise<MessageEntry[]> {
    const { account, hash, namespace } = after ?? START;
    const { rows } = await this.#database.query<EntryRow>({
      name: "message_page",
      text: `select ${ENTRY} from message m where (m.account, m.hash, m.namespace) > ($1, $2, $3) and m.expiry_ms > $4
             order by m.account, m.hash, m.namespace limit $5`,
      values: [account, hash, namespace, nowMs, limit],
    });
    return rows.map(entry);
  }

  /** Entries of one account in the order of their keys, after a given one. */
  async pageOf(account: Buffer, after: MessageKey | undefined, limit: number, nowMs: number): Promise<MessageEntry[]> {
    const { rows } = await this.#database.query<EntryRow>({
      name: "message_page_of",
      text: `select ${ENTRY} from message m where m.account = $1 and (m.hash, m.namespace) > ($2, $3)
             and m.expiry_ms > $4 order by m.hash, m.namespace limit $5`,
      values: [account, after?.hash ?? START.hash, after?.namespace ?? 0, nowMs, limit],
    });
    return rows.map(entry);
  }

  /** Accounts that have messages, ascending, after a given one. */
  async accounts(after: Buffer | undefined, limit: number, nowMs: number): Promise<Buffer[]> {
    const { rows } = await this.#database.query<{ account: Buffer }>({
      name: "message_accounts",
      text: `select distinct account from message where account > $1 and expiry_ms > $2 order by account limit $3`,
      values: [after ?? START.account, nowMs, limit],
    });
    return rows.map((row) => row.account);
  }

  /**
   * For each entry, whether this node holds the message, a later deletion of it or what replaced it in an outbox, in the same order.
   *
   * @param exact for each entry, whether only the message with this very stamp counts.
   */
  async holds(entries: readonly MessageEntry[], nowMs: number, exact?: readonly boolean[]): Promise<boolean[]> {
    if (entries.length === 0) return [];
    const { rows } = await this.#database.query<{ holds: boolean }>({
      name: "message_holds",
      text: `select exists (select from message m where m.account = i.account and m.hash = i.hash
                 and m.namespace = i.namespace and m.expiry_ms >= i.expiry_ms and m.expiry_ms > $7::bigint
                 and (m.stamp_ms, m.stamp_node) >= (i.stamp_ms, i.stamp_node)
                 and (not i.exact or (m.stamp_ms, m.stamp_node) = (i.stamp_ms, i.stamp_node)))
               or exists (select from tombstone t where t.account = i.account and t.hash = i.hash and not i.exact
                 and (t.stamp_ms, t.stamp_node) >= (i.stamp_ms, i.stamp_node))
               or exists (select from message o where ${isOutbox("i.namespace")} and not i.exact
                 and o.account = i.account and o.namespace = i.namespace and o.hash <> i.hash and o.expiry_ms > $7
                 and (o.stamp_ms, o.stamp_node) >= (i.stamp_ms, i.stamp_node)) as holds
             from unnest($1::bytea[], $2::bytea[], $3::int[], $4::bigint[], $5::bytea[], $6::bigint[],
               $8::boolean[])
               with ordinality as i (account, hash, namespace, stamp_ms, stamp_node, expiry_ms, exact, ord)
             order by i.ord`,
      values: [
        entries.map((each) => each.account),
        entries.map((each) => each.hash),
        entries.map((each) => each.namespace),
        entries.map((each) => each.stamp.ms),
        entries.map((each) => each.stamp.node),
        entries.map((each) => each.expiryMs),
        nowMs,
        entries.map((_, i) => exact?.[i] ?? false),
      ],
    });
    return rows.map((row) => row.holds);
  }

  /** The messages with these keys that are (still) here, in no particular order. */
  async records(keys: readonly MessageKey[], nowMs: number): Promise<StoreRecord[]> {
    if (keys.length === 0) return [];
    const { rows } = await this.#database.query<RecordRow>({
      name: "message_records",
      text: `select ${ENTRY}, m.timestamp_ms, m.auth, b.data
             from unnest($1::bytea[], $2::bytea[], $3::int[]) as i (account, hash, namespace)
             join message m on m.account = i.account and m.hash = i.hash and m.namespace = i.namespace
             join body b on b.day = m.body_day and b.seq = m.seq
             where m.expiry_ms > $4`,
      values: [keys.map((key) => key.account), keys.map((key) => key.hash), keys.map((key) => key.namespace), nowMs],
    });
    return rows.map(record);
  }

  /** When messages of an account end, as far as they are here. */
  async expiries(
    account: Buffer,
    hashes: readonly Buffer[],
    nowMs: number,
  ): Promise<{ hash: Buffer; expiryMs: number }[]> {
    const { rows } = await this.#database.query<{ hash: Buffer; expiry_ms: bigint }>({
      name: "message_expiries",
      text: "select hash, expiry_ms from message where account = $1 and hash = any($2::bytea[]) and expiry_ms > $3",
      values: [account, hashes, nowMs],
    });
    return rows.map((row) => ({ hash: row.hash, expiryMs: Number(row.expiry_ms) }));
  }

  /** Whether anything of the account is here, tombstones included. */
  async knows(account: Buffer): Promise<boolean> {
    const { rows } = await this.#database.query<{ knows: boolean }>({
      name: "message_knows",
      text: `select exists (select from message where account = $1)
               or exists (select from tombstone where account = $1)
               or exists (select from revocation where account = $1)
               or exists (select from change_request where account = $1) as knows`,
      values: [account],
    });
    return rows[0]?.knows ?? false;
  }
}

function entry(row: EntryRow): MessageEntry {
  return {
    account: row.account,
    hash: row.hash,
    namespace: row.namespace,
    stamp: { ms: Number(row.stamp_ms), node: row.stamp_node },
    expiryMs: Number(row.expiry_ms),
    bodySize: row.body_size,
  };
}

function record(row: RecordRow): StoreRecord {
  return {
    kind: "store",
    account: row.account,
    namespace: row.namespace,
    hash: row.hash,
    timestampMs: Number(row.timestamp_ms),
    expiryMs: Number(row.expiry_ms),
    stamp: { ms: Number(row.stamp_ms), node: row.stamp_node },
    auth: row.auth === null ? undefined : decodeAuth(row.auth),
    data: row.data,
  };
}
