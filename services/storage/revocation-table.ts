import type { Database } from "@swarmpost/postgres";
import type { RevocationRecord } from "./record.ts";
import { decodeRevocationRequest, revocationChange } from "./revocation-request.ts";
import { revocationId } from "./revocation-statement.ts";

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
const REQUEST = "id, account, stamp_ms, stamp_node, request";

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

  /** Requests that something refers to, in the order of their ids, after a given one. */
  async page(after: Buffer | undefined, limit: number): Promise<{ id: Buffer; record: RevocationRecord }[]> {
    const { rows } = await this.#database.query<RequestRow>({
      name: "revocation_page",
      text: `select ${REQUEST} from revocation_request where id > $1 order by id limit $2`,
      values: [after ?? NONE, limit],
    });
    return rows.map((row) => ({ id: row.id, record: record(row) }));
  }

  /** The same of one account: all of them. */
  async of(account: Buffer): Promise<RevocationRecord[]> {
    const { rows } = await this.#database.query<RequestRow>({
      name: "revocation_of",
      text: `select ${REQUEST} from revocation_request where account = $1`,
      values: [account],
    });
    return rows.map(record);
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

function record({ account, stamp_ms, stamp_node, request }: RequestRow): RevocationRecord {
  const change = revocationChange(decodeRevocationRequest(request, account));
  return { kind: "revocation", account, stamp: { ms: Number(stamp_ms), node: stamp_node }, request, ...change };
}
