import type { Database, Queryable } from "@swarmpost/postgres";
import { bytesToHex, getAddress, type Hex, hexToBytes } from "viem";
import { ChainWatcherError } from "./errors.ts";
import { type EventRow, fromEventRow, toEventRow } from "./event-row.ts";
import type { JudgedEvent } from "./registry-state.ts";
import type { Cursor, SourceIdentity } from "./source-identity.ts";

/** All that was kept of a source. */
export interface JournalContents {
  readonly identity: SourceIdentity;
  readonly cursor: Cursor;
  /** In the order of the chain. */
  readonly events: readonly JudgedEvent[];
}

/** A block that changed the registry, with its encoded RegistryBlock message. */
export interface ChangedBlock {
  readonly height: bigint;
  readonly hash: Hex;
  readonly change: Uint8Array;
}

/** What one step adds. */
export interface JournalEntry {
  readonly from: Cursor;
  readonly to: Cursor;
  readonly events: readonly JudgedEvent[];
  readonly blocks: readonly ChangedBlock[];
}

interface SourceRow {
  readonly chain_id: bigint;
  readonly genesis: Buffer;
  readonly contract: Buffer;
  readonly height: bigint;
  readonly hash: Buffer;
}

/** Cursor, events and blocks in Postgres. Every method throws DatabaseError when the database fails. */
export class Journal {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Everything kept so far; undefined before the first contact with a chain. */
  async load(): Promise<JournalContents | undefined> {
    const source = await this.#database.query<SourceRow>({ text: "select * from chain_source" });
    const row = source.rows[0];
    if (row === undefined) return undefined;
    const events = await this.#database.query<EventRow>({
      text: "select * from chain_event where height <= $1 order by height, log_index",
      values: [row.height],
    });
    return {
      identity: {
        chainId: row.chain_id,
        genesis: bytesToHex(row.genesis),
        contract: getAddress(bytesToHex(row.contract)),
      },
      cursor: { height: row.height, hash: bytesToHex(row.hash) },
      events: events.rows.map(fromEventRow),
    };
  }

  /** Fixes the source for good. Does nothing when one is fixed already: load again to see which. */
  async begin(identity: SourceIdentity, cursor: Cursor): Promise<void> {
    await this.#database.query({
      text: `insert into chain_source (chain_id, genesis, contract, height, hash)
        values ($1, $2, $3, $4, $5) on conflict do nothing`,
      values: [identity.chainId, bytes(identity.genesis), bytes(identity.contract), cursor.height, bytes(cursor.hash)],
    });
  }

  /**
   * Moves the cursor and adds what was found on the way, all or nothing.
   * @throws ChainWatcherError `conflict` when the cursor is not where the entry begins: another process moved it.
   */
  async append(entry: JournalEntry): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      const moved = await transaction.query({
        text: "update chain_source set height = $3, hash = $4 where height = $1 and hash = $2",
        values: [entry.from.height, bytes(entry.from.hash), entry.to.height, bytes(entry.to.hash)],
      });
      if (moved.rowCount !== 1) {
        throw new ChainWatcherError("conflict", "another chain-watcher moved the cursor of this database");
      }
      if (entry.events.length > 0) await insertEvents(transaction, entry.events.map(toEventRow));
      if (entry.blocks.length > 0) await insertBlocks(transaction, entry.blocks);
    });
  }

  /** The encoded changes of a range of blocks, both ends included, ascending; at most `limit`. */
  async changes(from: bigint, to: bigint, limit: number): Promise<{ height: bigint; change: Buffer }[]> {
    const found = await this.#database.query<{ height: bigint; change: Buffer }>({
      name: "chain_changes",
      text: "select height, change from chain_block where height between $1 and $2 order by height limit $3",
      values: [from, to, limit],
    });
    return found.rows;
  }
}

async function insertEvents(transaction: Queryable, rows: readonly EventRow[]): Promise<void> {
  const column = <K extends keyof EventRow>(name: K) => rows.map((row) => row[name]);
  await transaction.query({
    text: `insert into chain_event (height, log_index, block_hash, kind, registration_id, node_key, operator, stake,
        signature, unlocks_at, valid)
      select * from unnest($1::bigint[], $2::integer[], $3::bytea[], $4::text[], $5::bigint[], $6::bytea[],
        $7::bytea[], $8::numeric[], $9::bytea[], $10::bigint[], $11::boolean[])`,
    values: [
      column("height"),
      column("log_index"),
      column("block_hash"),
      column("kind"),
      column("registration_id"),
      column("node_key"),
      column("operator"),
      column("stake"),
      column("signature"),
      column("unlocks_at"),
      column("valid"),
    ],
  });
}

async function insertBlocks(transaction: Queryable, blocks: readonly ChangedBlock[]): Promise<void> {
  await transaction.query({
    text: `insert into chain_block (height, hash, change)
      select * from unnest($1::bigint[], $2::bytea[], $3::bytea[])`,
    values: [
      blocks.map((block) => block.height),
      blocks.map((block) => bytes(block.hash)),
      blocks.map((block) => Buffer.from(block.change)),
    ],
  });
}

function bytes(hex: Hex): Buffer {
  return Buffer.from(hexToBytes(hex));
}
