import { LinkRefusal, type PeerLinks } from "@swarmpost/rpc";
import type { Clock } from "@swarmpost/runtime";
import { byLinkState } from "./by-link-state.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { fitting } from "./fit-tombstones.ts";
import {
  readCursor,
  readKey,
  writeCursor,
  writeDeletion,
  writeEntry,
  writeKey,
  writeList,
  writeTombstone,
} from "./handoff-codec.ts";
import type { MessageKey } from "./message-key.ts";
import type { NodeView } from "./node-view.ts";
import { caughtUp, type PullParts } from "./pull-method.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { REFUSAL } from "./replica-kinds.ts";
import type { SyncPull } from "./sync-pull.ts";
import type { Wholeness } from "./wholeness.ts";

/** What completing an account needs. */
export interface AccountPullParts {
  readonly links: PeerLinks;
  readonly view: NodeView;
  readonly whole: Wholeness;
  readonly clock: Clock;
  readonly pull: Pick<SyncPull, "account">;
}

/** How long an account counts as complete after a pull: later messages come to this node as to any member. */
const FRESH_MS = 2_000;
const MAX_FRESH = 10_000;
const PAGE = 2_000;
/** Sorts before every tombstone of its account. */
const NO_HASH = Buffer.alloc(0);

/** Lets a node that is behind answer reads: what it lacks of the one account is pulled from a whole holder first. */
export class AccountPull {
  readonly #parts: AccountPullParts;
  readonly #running = new Map<string, Promise<void>>();
  readonly #fresh = new Map<string, number>();

  constructor(parts: AccountPullParts) {
    this.#parts = parts;
  }

  /** Resolves when the account is complete here, or when no whole holder could be reached: the own copies are then the best there is. */
  async complete(account: Buffer): Promise<void> {
    const { whole, view, clock } = this.#parts;
    if (!whole.behind(account)) return;
    const key = `${view.current.mapHash} ${account.toString("latin1")}`;
    if ((this.#fresh.get(key) ?? 0) > clock.now()) return;
    const running = this.#running.get(key) ?? this.#pull(account, key).finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    await running;
  }

  async #pull(account: Buffer, key: string): Promise<void> {
    const { whole, links, clock, pull } = this.#parts;
    for (const holder of byLinkState(whole.holders(account), links)) {
      // What a holder says is not believed: when not all of it could be taken, the next one is asked.
      if (!(await pull.account(holder, account))) continue;
      if (this.#fresh.size >= MAX_FRESH) this.#fresh.clear();
      this.#fresh.set(key, clock.now() + FRESH_MS);
      return;
    }
  }
}

/** Gives a member of the account's swarm a page of what is here of one account; tombstones with the first. */
export function pullAccountMethod(parts: PullParts & { readonly whole: Wholeness }): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    const mapHeight = reader.u64();
    const account = Buffer.from(reader.bytes(33));
    const after = readCursor(reader, readKey);
    reader.end();
    await parts.view.seen(mapHeight);
    if (!parts.view.responsible(account)?.members.includes(peer)) {
      throw new LinkRefusal(REFUSAL.stranger, "not of the account's swarm");
    }
    await ensureWhole(parts.whole, account);
    if (after === undefined) await caughtUp(parts);
    const page = await accountPage(parts, account, after);
    // Whoever erased something while the page was read has no complete page.
    await ensureWhole(parts.whole, account);
    return page;
  };
}

async function ensureWhole(whole: Wholeness, account: Buffer): Promise<void> {
  if (!(await whole.canAnswer(account))) throw new LinkRefusal(REFUSAL.notWhole, "not whole");
}

async function accountPage(parts: PullParts, account: Buffer, after: MessageKey | undefined): Promise<Buffer> {
  const now = parts.clock.now();
  const rows = await parts.messages.pageOf(account, after, PAGE, now);
  const some = after ? [] : await parts.tombstones.page({ account, hash: NO_HASH }, PAGE, now);
  const { tombstones, deletions } = await fitting(
    some.filter((row) => row.account.equals(account)),
    parts.tombstones,
  );
  const writer = new ByteWriter();
  writeCursor(writer, rows.length < PAGE ? undefined : rows.at(-1), writeKey);
  writeList(writer, rows, writeEntry);
  writeList(writer, deletions, writeDeletion);
  writeList(writer, tombstones, writeTombstone);
  return writer.finish();
}
