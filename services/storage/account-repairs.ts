import type { Pubkey } from "@swarmpost/crypto";
import type { PeerLinks } from "@swarmpost/rpc";
import type { Clock } from "@swarmpost/runtime";
import { byLinkState } from "./by-link-state.ts";
import type { ChangeTable } from "./change-table.ts";
import type { NodeView } from "./node-view.ts";
import { majority } from "./replicate.ts";
import type { SyncPull } from "./sync-pull.ts";

/** What repairing accounts needs. */
export interface AccountRepairsParts {
  readonly links: Pick<PeerLinks, "state">;
  readonly view: Pick<NodeView, "self" | "keeps" | "responsible">;
  readonly clock: Clock;
  readonly changes: Pick<ChangeTable, "prolongs" | "prolonging">;
  readonly pull: Pick<SyncPull, "account">;
}

/** An account of which a message is prolonged that is not here. */
interface Repair {
  readonly account: Buffer;
  /** Who is asked first: nodes that said that a message is prolonged. */
  readonly told: Set<Pubkey>;
  /** Who has given all that it has since then. */
  given: Set<Pubkey>;
  /** Milliseconds since the epoch. */
  dueMs: number;
  turns: number;
}

/** Not again for a while, since a client can name messages that never were; ever later while nobody answers. */
const REST_MS = 10_000;
const MAX_TURNS = 8;
/** Accounts that wait. One more is not taken; it is found again at the next start. */
const MAX_ACCOUNTS = 10_000;
const TOGETHER = 8;

/**
 * Pulls accounts of which a message is prolonged that is not here: it may have ended, by what it was stored with, on its way
 * here. An account stays until the message is here, or so many members have given all that they have that one of a majority
 * is among them, or the account is no longer ours.
 */
export class AccountRepairs {
  readonly #parts: AccountRepairsParts;
  readonly #accounts = new Map<string, Repair>();
  /** When accounts that were done may be repaired again, by account. */
  readonly #rested = new Map<string, number>();

  constructor(parts: AccountRepairsParts) {
    this.#parts = parts;
  }

  /** Accounts that wait. */
  get size(): number {
    return this.#accounts.size;
  }

  /** Takes up again what an earlier run left. @throws DatabaseError */
  async load(): Promise<void> {
    const nowMs = this.#parts.clock.now();
    for (const account of await this.#parts.changes.prolonging(MAX_ACCOUNTS, nowMs)) this.#add(account);
  }

  /** A node said that a message of the account is prolonged that is not here. */
  lacks(source: Pubkey, account: Buffer): void {
    const repair = this.#add(account);
    if (repair === undefined) return;
    repair.told.add(source);
    // What they gave before need not have had the message that is spoken of now.
    repair.given = new Set();
  }

  #add(account: Buffer): Repair | undefined {
    const key = account.toString("latin1");
    const known = this.#accounts.get(key);
    if (known !== undefined || this.#accounts.size >= MAX_ACCOUNTS) return known;
    const dueMs = this.#rested.get(key) ?? 0;
    const repair: Repair = { account: Buffer.from(account), told: new Set(), given: new Set(), dueMs, turns: 1 };
    this.#accounts.set(key, repair);
    return repair;
  }

  /** Goes once through all that are due. @throws DatabaseError */
  async run(): Promise<void> {
    const now = this.#parts.clock.now();
    for (const [key, untilMs] of this.#rested) if (untilMs <= now) this.#rested.delete(key);
    const due = [...this.#accounts].filter(([, { dueMs }]) => dueMs <= now);
    for (let from = 0; from < due.length; from += TOGETHER) {
      await Promise.all(due.slice(from, from + TOGETHER).map(([key, repair]) => this.#turn(key, repair)));
    }
  }

  async #turn(key: string, repair: Repair): Promise<void> {
    const { clock, view } = this.#parts;
    const { given } = repair;
    // Also when this turn breaks off.
    repair.dueMs = clock.now() + repair.turns * REST_MS;
    repair.turns = Math.min(repair.turns * 2, MAX_TURNS);
    const isDone = !view.keeps(repair.account) || (await this.#repaired(repair, given));
    if (!isDone || repair.given !== given) return;
    this.#accounts.delete(key);
    this.#rested.set(key, clock.now() + REST_MS);
  }

  async #repaired({ account, told }: Repair, given: Set<Pubkey>): Promise<boolean> {
    const { links, clock, changes, pull } = this.#parts;
    const isDone = async () => this.#metMajority(account, given) || !(await changes.prolongs(account, clock.now()));
    const mates = byLinkState(this.#mates(account), links).filter((mate) => !given.has(mate));
    for (const mate of mates.toSorted((a, b) => Number(told.has(b)) - Number(told.has(a)))) {
      if (await isDone()) return true;
      if (await pull.account(mate, account)) given.add(mate);
    }
    return isDone();
  }

  #mates(account: Buffer): Pubkey[] {
    const { view } = this.#parts;
    return (view.responsible(account)?.members ?? []).filter((member) => member !== view.self);
  }

  /** Whether, of any majority that this node is not of, one has given all that it has. */
  #metMajority(account: Buffer, given: ReadonlySet<Pubkey>): boolean {
    const mates = this.#mates(account);
    const without = mates.filter((mate) => !given.has(mate)).length;
    return without < majority(mates.length + 1);
  }
}
