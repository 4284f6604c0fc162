import type { Database } from "@swarmpost/postgres";
import type { MessageHash } from "@swarmpost/storage-rpc";

/**
 * What the last look at a message found: "fresh" before the first one, "unknown" when not all who could have it answered,
 * "missing" when all answered and none had it.
 */
export const CANARY_STATES = ["fresh", "readable", "unknown", "missing"] as const;
export type CanaryState = (typeof CANARY_STATES)[number];

/** A message of the canary that the network acknowledged. */
export interface CanaryMessage {
  readonly hash: MessageHash;
  /** Secret of the account that it was written to and by; the account is used for nothing else. */
  readonly entropy: Buffer;
  readonly acknowledgedMs: number;
  readonly expiresMs: number;
  /** Looks that found it. */
  readonly looks: number;
  readonly nextMs: number;
  readonly state: CanaryState;
}

interface Row {
  readonly hash: MessageHash;
  readonly entropy: Buffer;
  readonly acknowledged_ms: bigint;
  readonly expires_ms: bigint;
  readonly looks: number;
  readonly next_ms: bigint;
  readonly state: CanaryState;
}

/** Most messages that are remembered, a day of one every four seconds; the oldest, seen most often, go first. */
const MOST = 20_000;

/** Acknowledged messages in Postgres: a restart or another leader goes on with them. All throw DatabaseError. */
export class CanaryStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(message: CanaryMessage): Promise<void> {
    const { hash, entropy, acknowledgedMs, expiresMs, looks, nextMs, state } = message;
    await this.#database.query({
      name: "add_canary",
      text: `
        insert into canary_message (hash, entropy, acknowledged_ms, expires_ms, looks, next_ms, state)
        values ($1, $2, $3, $4, $5, $6, $7)`,
      values: [hash, entropy, BigInt(acknowledgedMs), BigInt(expiresMs), looks, BigInt(nextMs), state],
    });
  }

  /** Messages whose next look is due, the longest due first. */
  async due(nowMs: number, limit: number): Promise<CanaryMessage[]> {
    const { rows } = await this.#database.query<Row>({
      name: "due_canaries",
      text: `
        select hash, entropy, acknowledged_ms, expires_ms, looks, next_ms, state from canary_message
        where next_ms <= $1 order by next_ms limit $2`,
      values: [BigInt(nowMs), limit],
    });
    return rows.map((row) => ({
      hash: row.hash,
      entropy: row.entropy,
      acknowledgedMs: Number(row.acknowledged_ms),
      expiresMs: Number(row.expires_ms),
      looks: row.looks,
      nextMs: Number(row.next_ms),
      state: row.state,
    }));
  }

  /** Notes what a look found and when the next one is. */
  async note(hash: MessageHash, next: Pick<CanaryMessage, "looks" | "nextMs" | "state">): Promise<void> {
    await this.#database.query({
      name: "note_canary",
      text: "update canary_message set looks = $2, next_ms = $3, state = $4 where hash = $1",
      values: [hash, next.looks, BigInt(next.nextMs), next.state],
    });
  }

  async remove(hash: MessageHash): Promise<void> {
    await this.#database.query({
      name: "remove_canary",
      text: "delete from canary_message where hash = $1",
      values: [hash],
    });
  }

  /** Forgets what is about to expire and what is too much. */
  async prune(nowMs: number): Promise<void> {
    await this.#database.query({
      name: "prune_canaries",
      text: `
        delete from canary_message where expires_ms <= $1
        or hash in (select hash from canary_message order by acknowledged_ms desc offset $2)`,
      values: [BigInt(nowMs), MOST],
    });
  }

  /** How many messages are remembered in each state, and when the next look is due. */
  async summary(): Promise<{ counts: Record<CanaryState, number>; nextMs: number | undefined }> {
    const { rows } = await this.#database.query<{ state: CanaryState; count: bigint; next_ms: bigint }>({
      name: "count_canaries",
      text: "select state, count(*) as count, min(next_ms) as next_ms from canary_message group by state",
    });
    const counts = { fresh: 0, readable: 0, unknown: 0, missing: 0 };
    for (const { state, count } of rows) counts[state] = Number(count);
    const nextMs = rows.length === 0 ? undefined : Math.min(...rows.map((row) => Number(row.next_ms)));
    return { counts, nextMs };
  }
}
