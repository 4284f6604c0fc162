import type { Pubkey } from "@swarmpost/crypto";
import { LinkError, type PeerLinks } from "@swarmpost/rpc";
import type { Clock } from "@swarmpost/runtime";
import { byLinkState } from "./by-link-state.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { StorageError } from "./errors.ts";
import {
  MAX_ENTRIES,
  MAX_HOLDERS,
  readCursor,
  readDeletion,
  readEntry,
  readHolders,
  readKey,
  readTombstone,
  writeCursor,
  writeKey,
  writeList,
} from "./handoff-codec.ts";
import type { ChangeTable } from "./change-table.ts";
import { heldHere } from "./held-messages.ts";
import type { HandoffState } from "./handoff-state.ts";
import { keyText, type MessageEntry, type MessageKey } from "./message-key.ts";
import type { MessageTable } from "./message-table.ts";
import type { NodeView } from "./node-view.ts";
import { NOT_FOUNDED, STATE_BYTES } from "./pull-method.ts";
import { decodeRecord } from "./record-codec.ts";
import { KIND } from "./replica-kinds.ts";
import { PullTurns } from "./pull-turns.ts";
import { readOpaque, writeOpaque } from "./sealed-cursor.ts";
import { pullKept } from "./kept-pull.ts";
import type { KeptRequests } from "./kept-requests.ts";
import { askable } from "./sync-rounds.ts";
import type { Holders, SourceState, SyncTask } from "./sync-task.ts";
import { type TakeParts, takeRecords, takeTombstones } from "./take-records.ts";

/** What pulling needs. */
export interface SyncPullParts extends TakeParts {
  readonly kept: readonly KeptRequests[];
  readonly changes: ChangeTable;
  readonly state: HandoffState;
  readonly links: PeerLinks;
  readonly view: NodeView;
  readonly messages: MessageTable;
  readonly clock: Clock;
  /** Told how many messages came. */
  readonly onPulled: (count: number) => void;
}

interface SourceAnswer {
  readonly state: SourceState;
  readonly foundedAgeMs: bigint;
  readonly owed: readonly Holders[];
}

const DEADLINE_MS = 15_000;
const ACCOUNT_DEADLINE_MS = 3_000;
const CHUNK_BYTES = 2 * 1024 * 1024;

/** Pulls what this node may lack from those who held it. */
export class SyncPull {
  readonly #parts: SyncPullParts;

  readonly #turns: PullTurns;

  /** @param options `retryMs`: how soon a source that was not whole is asked again; ever later after that. */
  constructor(options: { retryMs: number }, parts: SyncPullParts) {
    this.#turns = new PullTurns(options.retryMs);
    this.#parts = parts;
  }

  /** Goes once through every task and every source not done yet. Sources that do not answer are left for the next time. */
  async run(signal: AbortSignal): Promise<void> {
    for (const task of this.#parts.state.tasks) {
      const { kind, mapHeight } = task;
      for (const source of byLinkState(askable(task), this.#parts.links)) {
        if (signal.aborted) return;
        await this.#source(source, mapHeight, (task) => task.kind === kind && task.mapHeight === mapHeight);
      }
    }
    this.#parts.state.prune();
  }

  async #source(source: Pubkey, mapHeight: bigint, about: (task: SyncTask) => boolean): Promise<void> {
    const open = (task: SyncTask) => about(task) && isOpen(task, source, this.#parts.state.whole(task));
    const tasks = this.#parts.state.tasks.filter(open);
    const again = tasks.every((task) => task.done.has(source) && !task.again?.left.includes(source));
    if (tasks.length === 0 || (again && !this.#turns.due(source, this.#parts.clock.now()))) return;
    try {
      await this.#kept(source, { mapHeight });
      await this.#tombstones(source, mapHeight);
      const answer = await this.#messages(source, mapHeight);
      for (const task of this.#parts.state.tasks.filter(open)) {
        this.#parts.state.done(task, source, this.#stateFor(task, answer), answer.owed);
      }
      this.#turns.pulled(source, answer.state === "whole", this.#parts.clock.now());
    } catch (error) {
      if (!(error instanceof LinkError || error instanceof StorageError)) throw error;
    }
  }

  async #kept(source: Pubkey, asked: { mapHeight: bigint; account?: Buffer }): Promise<void> {
    const { links, kept } = this.#parts;
    for (const requests of kept) await pullKept(source, requests, { links, ...asked });
  }

  /** What a source said of itself before its first page: only what it had then is surely in the pages that follow. */
  async #messages(source: Pubkey, mapHeight: bigint): Promise<SourceAnswer> {
    let first: SourceAnswer | undefined;
    let after: Buffer | undefined;
    for (;;) {
      const writer = new ByteWriter().u64(mapHeight);
      writeOpaque(writer, after);
      const reader = await this.#ask(source, KIND.pullIndex, writer);
      const answer = readAnswer(reader);
      first ??= answer;
      after = readOpaque(reader);
      await this.#missing(source, reader.list(MAX_ENTRIES, readEntry));
      if (after === undefined) return first;
    }
  }

  /** To a new database, a mate that became whole as one of the first after that database was made is new as well. */
  #stateFor(task: SyncTask, { state, foundedAgeMs }: SourceAnswer): SourceState {
    if (task.kind !== "empty" || state !== "whole") return state;
    const together = foundedAgeMs !== NOT_FOUNDED && foundedAgeMs <= BigInt(Math.max(0, this.#parts.state.ageMs));
    return together ? "blank" : state;
  }

  /** Pulls what is there of one account. False unless the source is whole for it and all that it named came. */
  async account(source: Pubkey, account: Buffer): Promise<boolean> {
    try {
      await this.#kept(source, { mapHeight: this.#parts.view.current.map.height, account });
      let all = true;
      let after: MessageKey | undefined;
      do {
        const writer = new ByteWriter().u64(this.#parts.view.current.map.height).bytes(account);
        writeCursor(writer, after, writeKey);
        const reader = await this.#ask(source, KIND.pullAccount, writer, ACCOUNT_DEADLINE_MS);
        after = readCursor(reader, readKey);
        const entries = reader.list(MAX_ENTRIES, readEntry).filter((entry) => entry.account.equals(account));
        const deletions = reader.list(MAX_ENTRIES, readDeletion);
        await takeTombstones(deletions, reader.list(MAX_ENTRIES, readTombstone), this.#parts);
        all = (await this.#missing(source, entries)) && all;
      } while (after !== undefined);
      return all;
    } catch (error) {
      if (!(error instanceof LinkError || error instanceof StorageError)) throw error;
      return false;
    }
  }

  /** True when all of them are here then. */
  async #missing(source: Pubkey, entries: readonly MessageEntry[]): Promise<boolean> {
    const held = await heldHere(entries, this.#parts);
    const missing = entries.filter((_, i) => held[i] !== true);
    let count = 0;
    for (const chunk of chunks(missing)) count += await this.#records(source, chunk);
    return count === missing.length;
  }

  /** Asks until all came or no more comes: an answer may hold only the first of them. */
  async #records(source: Pubkey, keys: readonly MessageKey[]): Promise<number> {
    let count = 0;
    for (let left = keys; left.length > 0; ) {
      const writer = new ByteWriter();
      writeList(writer, left, writeKey);
      const reader = await this.#ask(source, KIND.pullRecords, writer);
      const stores = reader.list(MAX_ENTRIES, decodeRecord).filter((record) => record.kind === "store");
      const taken = (await takeRecords(stores, this.#parts)).filter(Boolean).length;
      this.#parts.onPulled(taken);
      if (taken > 0) this.#parts.state.progressed();
      count += taken;
      const came = new Set(stores.map(keyText));
      const rest = left.filter((key) => !came.has(keyText(key)));
      if (rest.length === left.length) break;
      left = rest;
    }
    return count;
  }

  async #tombstones(source: Pubkey, mapHeight: bigint): Promise<void> {
    let after: Buffer | undefined;
    do {
      const writer = new ByteWriter().u64(mapHeight);
      writeOpaque(writer, after);
      const reader = await this.#ask(source, KIND.pullTombstones, writer);
      after = readOpaque(reader);
      const deletions = reader.list(MAX_ENTRIES, readDeletion);
      await takeTombstones(deletions, reader.list(MAX_ENTRIES, readTombstone), this.#parts);
    } while (after !== undefined);
  }

  async #ask(source: Pubkey, kind: number, writer: ByteWriter, deadlineMs = DEADLINE_MS): Promise<ByteReader> {
    const answer = await this.#parts.links.request(source, kind, writer.finish(), { deadlineMs });
    return new ByteReader(answer);
  }
}

function readAnswer(reader: ByteReader): SourceAnswer {
  const state = STATE_BYTES[reader.u8()];
  if (state === undefined) throw new StorageError("malformed", "an unknown state");
  return { state, foundedAgeMs: reader.u64(), owed: reader.list(MAX_HOLDERS, readHolders) };
}

/** Until enough is known, a source that was not whole is asked again: it may have become so. */
function isOpen(task: SyncTask, source: Pubkey, enough: boolean): boolean {
  if (!askable(task).includes(source)) return false;
  const state = task.done.get(source);
  if (enough) return state === undefined && task.sources.includes(source);
  return state !== "whole" || (task.again?.left.includes(source) ?? false);
}

/** Splits entries so that the bodies of each part travel in one frame. */
export function chunks<E extends { readonly bodySize: number }>(entries: readonly E[]): E[][] {
  const parts: E[][] = [];
  let bytes = CHUNK_BYTES;
  for (const entry of entries) {
    const part = parts.at(-1);
    const cost = entry.bodySize + 512;
    if (part === undefined || bytes + cost > CHUNK_BYTES || part.length === MAX_ENTRIES) {
      parts.push([entry]);
      bytes = cost;
    } else {
      part.push(entry);
      bytes += cost;
    }
  }
  return parts;
}
