import { setTimeout as pause } from "node:timers/promises";
import type { Pubkey } from "@swarmpost/crypto";
import type { MessageHash } from "@swarmpost/storage-rpc";
import { ClientError } from "./client-error.ts";
import type { Mailbox, MailPage, Poll } from "./mailbox.ts";

/** The longest wait that a node grants (docs/protocol/long-poll.md). */
const WAIT_MS = 20_000;
/** An empty answer this much before the end of the wait did not wait. */
const SLACK_MS = 1_000;
/** How often a node is asked that does not wait (Session Desktop's interval). */
const INTERVAL_MS = 5_000;
/** Answers in a row that hold nothing new before a lane rests: another lane was faster, or the node repeats itself. */
const MAX_STALE = 10;
/** Members that are waited at side by side: what one has not got yet, the other may. */
const LANES = 2;

/** How a mailbox is followed. */
export interface FollowOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
  /** Time between two looks at a node that does not wait, and after a failure, ms; 5,000 by default. */
  readonly intervalMs?: number;
}

/** What following works with. */
export interface FollowParts {
  /** The members of the account's swarm now. */
  readonly members: () => readonly Pubkey[];
  /** Called before each look: keeps the node list fresh. */
  readonly before: () => Promise<void>;
  /** Told why a look failed; it is tried again. */
  readonly onProblem: (message: string) => void;
}

/** A message with its hash, as `follow` gives it. */
type Page<T> = MailPage<T & { readonly hash: MessageHash }>;

/**
 * What is in the mailbox now and then what comes, a page at a time, empty pages left out. Two members at a time hold the
 * request until there is a message, so it comes within the time of its way; a node that does not wait is asked every
 * interval. A wait that brought nothing is followed by one at another member of the swarm as it is then, so neither a lost
 * node, nor one that holds messages back, nor a changed swarm ends it. Ends when the signal aborts or the consumer returns; then the waits are given up. Throws ClientError "refused" when
 * a node refuses the request itself: the right to read was lost.
 */
export async function* follow<T>(
  mailbox: Mailbox<T>,
  options: FollowOptions,
  parts: FollowParts,
): AsyncGenerator<Page<T>, void, undefined> {
  const end = new AbortController();
  const signal = options.signal === undefined ? end.signal : AbortSignal.any([options.signal, end.signal]);
  const waits = new Waits(mailbox, { intervalMs: options.intervalMs ?? INTERVAL_MS, signal }, parts);
  const start = (lane: number): Promise<Look> => {
    const looking = waits.look(lane);
    looking.catch(() => undefined); // It is awaited below, perhaps only after the consumer's work.
    return looking;
  };
  const lanes = Array.from({ length: LANES }, (_, lane) => start(lane));
  try {
    while (!signal.aborted) {
      const { lane, poll } = await Promise.race(lanes);
      if (signal.aborted) return; // What was not given is not remembered as given.
      const page = poll && waits.took(lane, poll);
      lanes[lane] = start(lane);
      if (page !== undefined) yield page;
    }
  } finally {
    end.abort(); // The lanes end by themselves; whoever leaves need not wait for that.
  }
}

/** What a lane brought. */
interface Look {
  readonly lane: number;
  readonly poll: Poll | undefined;
}

/** The waits of one follower, one a lane. */
class Waits<T> {
  readonly #mailbox: Mailbox<T>;
  readonly #options: { intervalMs: number; signal: AbortSignal };
  readonly #parts: FollowParts;
  /** Whom each lane asks. */
  readonly #at: (Pubkey | undefined)[] = [];
  /** Whom each lane asks again, as it brought something: it has not to be read from its start. */
  readonly #stay: (Pubkey | undefined)[] = [];
  /** How often in a row each lane brought nothing new. */
  readonly #stale: number[] = [];
  /** Which lanes wait an interval before they ask again. */
  readonly #rests: boolean[] = [];
  /** Members that refused since one answered: one alone may lie, or be behind. */
  readonly #refusals = new Set<string>();

  constructor(mailbox: Mailbox<T>, options: { intervalMs: number; signal: AbortSignal }, parts: FollowParts) {
    this.#mailbox = mailbox;
    this.#options = options;
    this.#parts = parts;
  }

  /** One wait at one member, after the rest that the one before made necessary. Nothing of it is remembered before `took`. */
  async look(lane: number): Promise<Look> {
    const { signal, intervalMs } = this.#options;
    if (this.#rests[lane] === true) await pause(intervalMs, undefined, { signal }).catch(() => undefined);
    return { lane, poll: signal.aborted ? undefined : await this.#wait(lane) };
  }

  /** The consumer is there for what a lane brought: the page, absent when it holds nothing new. */
  took(lane: number, poll: Poll): Page<T> | undefined {
    const page = this.#mailbox.page([poll]);
    const holds = page.messages.length + page.unreadable.length > 0;
    if (poll.items.length === 0) return undefined;
    // One that gives nothing that can be read, or what was seen, must not keep the lane from those that have more.
    if (page.messages.length === 0) this.#stay[lane] = undefined;
    this.#stale[lane] = holds ? 0 : (this.#stale[lane] ?? 0) + 1;
    this.#rests[lane] = this.#stale[lane] > MAX_STALE;
    return holds ? page : undefined;
  }

  async #wait(lane: number): Promise<Poll | undefined> {
    const { signal } = this.#options;
    const started = performance.now();
    try {
      await this.#parts.before();
      const asked = this.#others(lane);
      const others = new Set(asked);
      const asking = this.#mailbox.poll({ asked, prefer: this.#stay[lane], waitMs: WAIT_MS, signal });
      this.#at[lane] = [...asked].find((key) => !others.has(key));
      const poll = await asking;
      this.#refusals.clear();
      const brought = poll.items.length > 0;
      this.#stay[lane] = brought ? poll.member.pubkey : undefined;
      if (!brought) this.#stale[lane] = 0;
      this.#rests[lane] = !brought && performance.now() - started < WAIT_MS - SLACK_MS;
      return poll;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof ClientError) || this.#isRefused(error)) throw error;
      this.#stay[lane] = undefined;
      this.#rests[lane] = true;
      this.#parts.onProblem(error.message);
      return undefined;
    }
  }

  /** Whether a second member refuses as well, or there is no second one. */
  #isRefused(error: ClientError): boolean {
    const { refusedBy = [] } = error.detail;
    if (refusedBy.length === 0) return false;
    for (const node of refusedBy) this.#refusals.add(node);
    return this.#refusals.size >= Math.min(2, this.#parts.members().length);
  }

  /** The members that other lanes wait at, unless there is no other to ask. */
  #others(lane: number): Set<Pubkey> {
    const taken = new Set(this.#at.filter((key, other) => key !== undefined && other !== lane) as Pubkey[]);
    return this.#parts.members().some((key) => !taken.has(key)) ? taken : new Set();
  }
}
