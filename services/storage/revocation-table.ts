import type { Database } from "@swarmpost/postgres";
import type { RevocationRecord } from "./record.ts";
import { revocationId } from "./revocation-statement.ts";
import type { RequestKey, SignedRequest } from "./signed-request.ts";

/** A token of an account. */
export interface TokenKey {
  readonly account: Buffer;
  /** 36 bytes. */
  readonly token: Buffer;
}

interface RequestRow {
  id: Buffer;
  account: Buffer;
  stamp_ms: bigint;
  stamp_node: Buffer;
  request: Buffer;
}

const NONE = Buffer.alloc(0);

/** Reads of what accounts revoked. All throw DatabaseError. */
export class RevocationTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** For each token whether it is revoked, in the same order. */
  async revoked(keys: readonly TokenKey[]): Promise<boolean[]> {
    const { rows } = await this.#database.query<{ revoked: boolean }>({
      name: "revocation_revoked",
      text: `select exists (select from revocation r where r.account = i.account and r.token = i.token and r.revoked)
               as revoked
             from unnest($1::bytea[], $2::bytea[]) with ordinality as i (account, token, ord) order by i.ord`,
      values: [keys.map(({ account }) => account), keys.map(({ token }) => token)],
    });
    return rows.map((row) => row.revoked);
  }

  /** The revoked tokens of an account, newest first. */
  async tokens(account: Buffer): Promise<Buffer[]> {
    const { rows } = await this.#database.query<{ token: Buffer }>({
      name: "revocation_tokens",
      text: `select token from revocation where account = $1 and revoked
             order by stamp_ms desc, stamp_node desc, place desc`,
      values: [account],
    });
    return rows.map((row) => row.token);
  }

  /** Requests that something refers to, in the order of their ids, after a given one; of one account when it is given. */
  async page(options: {
    readonly after: RequestKey | undefined;
    readonly account: Buffer | undefined;
    readonly limit: number;
  }): Promise<SignedRequest[]> {
    const { after, account, limit } = options;
    const { rows } = await this.#database.query<RequestRow>({
      name: account === undefined ? "revocation_page" : "revocation_page_of",
      text: `select id, account, stamp_ms, stamp_node, request from revocation_request
             where id > $1 ${account === undefined ? "" : "and account = $3"} order by id limit $2`,
      values: [after?.id ?? NONE, limit, ...(account === undefined ? [] : [account])],
    });
    return rows.map(({ stamp_ms, stamp_node, ...row }) => ({
      ...row,
      stamp: { ms: Number(stamp_ms), node: stamp_node },
    }));
  }

  /** Those of the given records that are not here with this or a later stamp. */
  async missing(records: readonly RevocationRecord[]): Promise<RevocationRecord[]> {
    if (records.length === 0) return [];
    const { rows } = await this.#database.query<{ here: boolean }>({
      name: "revocation_missing",
      text: `select exists (select from revocation_request r where r.id = i.id
               and (r.stamp_ms, r.stamp_node) >= (i.stamp_ms, i.stamp_node)) as here
             from unnest($1::bytea[], $2::bigint[], $3::bytea[]) with ordinality as i (id, stamp_ms, stamp_node, ord)
             order by i.ord`,
      values: [
        records.map(({ request }) => revocationId(request)),
        records.map(({ stamp }) => stamp.ms),
        records.map(({ stamp }) => stamp.node),
      ],
    });
    return records.filter((_, i) => rows[i]?.here !== true);
  }
}
