import type { Database } from "@swarmpost/postgres";
import { bears, type Change, type ChangeMode, compareChanges, RAISING, type Target } from "./change.ts";
import type { RequestKey, SignedRequest } from "./signed-request.ts";

/** The numbers of modes in the table. */
export const MODE_NUMBER: Readonly<Record<ChangeMode, number>> = { set: 1, extend: 2, shorten: 3, delete: 4, raise: 5 };
const MODES: readonly (ChangeMode | undefined)[] = [undefined, "set", "extend", "shorten", "delete", "raise"];

/** The hash in the table of a change that is about all messages of a namespace. */
export const BULK = Buffer.alloc(0);

interface ChangeRow {
  ord: bigint;
  hash: Buffer;
  stamp_ms: bigint;
  stamp_node: Buffer;
  request: Buffer;
  mode: number;
  value_ms: bigint;
  namespace: number | null;
}

interface RequestRow {
  account: Buffer;
  stamp_ms: bigint;
  stamp_node: Buffer;
  id: Buffer;
  request: Buffer;
}

const NONE = Buffer.alloc(0);

/** What prolongs beyond now ($2) a message that is not here, and that no later deletion of it explains. */
const MISSED = `c.hash <> ''::bytea and c.mode in (${[...RAISING].map((mode) => MODE_NUMBER[mode]).join(", ")}) and c.value_ms > $2
  and not exists (select from message m where m.account = c.account and m.hash = c.hash and m.expiry_ms > $2)
  and not exists (select from tombstone t where t.account = c.account and t.hash = c.hash
    and (t.stamp_ms, t.stamp_node) >= (c.stamp_ms, c.stamp_node))
  and not exists (select from change d where d.account = c.account and d.hash = c.hash and d.mode = ${MODE_NUMBER.delete}
    and (d.stamp_ms, d.stamp_node) >= (c.stamp_ms, c.stamp_node))`;

/** Reads of what accounts changed. All throw DatabaseError. */
export class ChangeTable {
  readonly #database: Database;
  /** Whether there is anything: most accounts change nothing, and a node without changes need not ask. */
  #some: boolean | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** To be called before the first change is written. */
  written(): void {
    this.#some = true;
  }

  /** For each message, the changes that bear on it, its last deletion among them, in their order. */
  async bearingOn(targets: readonly (Target & { readonly account: Buffer })[]): Promise<Change[][]> {
    const found = targets.map((): Change[] => []);
    if (targets.length === 0 || !(await this.#any())) return found;
    const { rows } = await this.#database.query<ChangeRow>({
      name: "change_bearing",
      text: `select i.ord, c.hash, c.stamp_ms, c.stamp_node, c.request, c.mode, c.value_ms, c.namespace
             from unnest($1::bytea[], $2::bytea[]) with ordinality as i (account, hash, ord)
             join change c on c.account = i.account and c.hash in (i.hash, '\\x'::bytea)
             union all
             select i.ord, t.hash, t.stamp_ms, t.stamp_node, t.deletion, ${MODE_NUMBER.delete}, ${Number.MAX_SAFE_INTEGER}, null
             from unnest($1::bytea[], $2::bytea[]) with ordinality as i (account, hash, ord)
             join tombstone t on t.account = i.account and t.hash = i.hash`,
      values: [targets.map((target) => target.account), targets.map((target) => target.hash)],
    });
    for (const row of rows) {
      const [target, changes] = [targets[Number(row.ord) - 1], found[Number(row.ord) - 1]];
      const change = toChange(row);
      if (target && changes && bears(change, target)) changes.push(change);
    }
    return found.map((changes) => changes.sort(compareChanges));
  }

  /** Whether a change prolongs a message of the account that is neither here nor was deleted since. */
  async prolongs(account: Buffer, nowMs: number): Promise<boolean> {
    const { rows } = await this.#database.query<{ prolongs: boolean }>({
      name: "change_prolongs",
      text: `select exists (select from change c where c.account = $1 and ${MISSED}) as prolongs`,
      values: [account, nowMs],
    });
    return rows[0]?.prolongs ?? false;
  }

  /** Accounts of which that is so, as far as the message was not here when the change came. */
  async prolonging(limit: number, nowMs: number): Promise<Buffer[]> {
    const { rows } = await this.#database.query<{ account: Buffer }>({
      text: `select distinct c.account from change c where c.blind and ${MISSED} limit $1`,
      values: [limit, nowMs],
    });
    return rows.map((row) => row.account);
  }

  /** The changes that are about all messages of a namespace of an account. */
  async bulkOf(account: Buffer): Promise<Change[]> {
    const { rows } = await this.#database.query<ChangeRow>({
      name: "change_bulk",
      text: `select hash, stamp_ms, stamp_node, request, mode, value_ms, namespace from change
             where account = $1 and hash = '\\x'::bytea`,
      values: [account],
    });
    return rows.map(toChange).sort(compareChanges);
  }

  async #any(): Promise<boolean> {
    if (this.#some !== undefined) return this.#some;
    const text = "select exists (select from change) as some";
    const { rows } = await this.#database.query<{ some: boolean }>({ text });
    return (this.#some ??= rows[0]?.some ?? false);
  }

  /** Signed requests in the order of their keys, after a given one; of one account when it is given. */
  async page(options: {
    readonly after: RequestKey | undefined;
    readonly account?: Buffer | undefined;
    readonly limit: number;
    readonly nowMs: number;
  }): Promise<SignedRequest[]> {
    const { after, account, limit, nowMs } = options;
    const { rows } = await this.#database.query<RequestRow>({
      // Two statements: one for both is planned for the whole table, and reads it to its end for one account.
      name: account === undefined ? "change_page" : "change_page_of",
      text: `select account, stamp_ms, stamp_node, id, request from change_request
             where ${account === undefined ? "(account, stamp_ms, stamp_node, id) > ($1::bytea, $2, $3, $4)" : "account = $1 and (stamp_ms, stamp_node, id) > ($2, $3, $4)"}
               and expiry_ms > $5
             order by account, stamp_ms, stamp_node, id limit $6`,
      values: [
        account ?? after?.account ?? NONE,
        after?.stamp.ms ?? -1,
        after?.stamp.node ?? NONE,
        after?.id ?? NONE,
        nowMs,
        limit,
      ],
    });
    return rows.map(({ stamp_ms, stamp_node, ...row }) => ({
      ...row,
      stamp: { ms: Number(stamp_ms), node: stamp_node },
    }));
  }

  /** For each signed request, whether it is here with this very stamp, in the same order. */
  async holds(keys: readonly RequestKey[]): Promise<boolean[]> {
    if (keys.length === 0) return [];
    const { rows } = await this.#database.query<{ holds: boolean }>({
      name: "change_holds",
      text: `select exists (select from change_request c where c.account = i.account and c.stamp_ms = i.stamp_ms
               and c.stamp_node = i.stamp_node and c.id = i.id) as holds
             from unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[])
               with ordinality as i (account, stamp_ms, stamp_node, id, ord) order by i.ord`,
      values: keyColumns(keys),
    });
    return rows.map((row) => row.holds);
  }
}

/** Keys as the arrays of a statement: accounts, times, nodes, ids. */
export function keyColumns(keys: readonly RequestKey[]): unknown[] {
  return [
    keys.map((key) => key.account),
    keys.map((key) => key.stamp.ms),
    keys.map((key) => key.stamp.node),
    keys.map((key) => key.id),
  ];
}

function toChange(row: ChangeRow): Change {
  const mode = MODES[row.mode];
  if (mode === undefined) throw new TypeError("a change of an unknown mode");
  return {
    mode,
    valueMs: Number(row.value_ms),
    hash: row.hash.length === 0 ? undefined : row.hash,
    namespace: row.namespace ?? undefined,
    stamp: { ms: Number(row.stamp_ms), node: row.stamp_node },
    id: row.request,
  };
}
