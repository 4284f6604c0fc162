import type { Pubkey } from "@swarmpost/crypto";
import { type MessageHash, type Namespace, PRIVATE_MAX_TTL_MS } from "@swarmpost/storage-rpc";
import { ClientError } from "./client-error.ts";
import type { Credentials } from "./credentials.ts";
import type { NetworkClock } from "./network-clock.ts";
import type { Path } from "./path.ts";
import type { ServiceNode } from "./service-node.ts";
import { retrieveParameters } from "./storage-parameters.ts";
import { readStoredItems, type StoredItem } from "./stored-item.ts";
import type { SwarmAnswer, SwarmRequests } from "./swarm-requests.ts";

/** Members that are polled at once (Session Desktop's number): what one has not got yet, the other may. */
const MEMBERS_AT_ONCE = 2;
/** How long the other member is waited for when one has answered, ms. */
const GRACE_MS = 10_000;
/** One poll of a member ends after so many pages or bytes, whatever more it says it has; the next poll goes on. */
const MAX_PAGES = 50;
const MAX_BYTES = 64 * 1024 * 1024;
/** What each message counts for besides its data, bytes: many empty ones take room, too. */
const ITEM_BYTES = 512;

/** What one look into a mailbox brought. */
export interface MailPage<T> {
  /** New messages, oldest first by the senders' clocks. */
  readonly messages: readonly T[];
  /** New messages that can't be read and why: of another kind, not for this account, or damaged. */
  readonly unreadable: readonly { readonly hash: string; readonly reason: string }[];
  /** A member has more than is read at once: look again. */
  readonly more: boolean;
  /** The members that answered. */
  readonly members: readonly ServiceNode[];
  /** The paths that the answers came over. */
  readonly paths: readonly Path[];
}

/** What one member gave. */
export interface Poll {
  readonly member: ServiceNode;
  readonly path: Path;
  readonly items: readonly StoredItem[];
  /** The member has more. */
  readonly more: boolean;
  /** The last message of it; the member is asked on from there once `page` took this poll. */
  readonly lastHash: MessageHash | undefined;
}

/** How one member is asked. */
export interface PollOptions {
  /** Members not to ask; those asked are added. */
  readonly asked: Set<Pubkey>;
  /** The member to ask first, while it is one. */
  readonly prefer?: Pubkey | undefined;
  /** How long the member may wait for a first message, ms; it answers at once by default. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

/** Whose messages, which of them, and how they read. */
export interface MailboxOptions<T> {
  readonly credentials: Credentials;
  readonly namespace: Namespace;
  /** Reads a message; throws ClientError "unreadable-message". */
  readonly decode: (data: Buffer) => T & { readonly sentMs: number };
}

/**
 * One namespace of one account, polled without showing anything twice. What each member gave last is remembered for
 * each member, as their orders differ (client-protocol section 7).
 */
export class Mailbox<T> {
  readonly #options: MailboxOptions<T>;
  readonly #parts: { swarm: SwarmRequests; clock: NetworkClock };
  readonly #lastHash = new Map<Pubkey, MessageHash>();
  /** What was shown, and until when it is remembered; no node is asked how long. */
  readonly #seen = new Map<MessageHash, number>();

  constructor(options: MailboxOptions<T>, parts: { swarm: SwarmRequests; clock: NetworkClock }) {
    this.#options = options;
    this.#parts = parts;
  }

  /**
   * What is new since the last look. Throws ClientError "not-read" when no member could be asked, or "refused", and the
   * signal's reason when that aborts before one answered.
   */
  async look(signal?: AbortSignal): Promise<MailPage<T & { readonly hash: MessageHash }>> {
    const [asked, end] = [new Set<Pubkey>(), new AbortController()];
    const how = { asked, signal: signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]) };
    let timer: NodeJS.Timeout | undefined;
    const waitLittle = (): void => void (timer ??= setTimeout(() => end.abort(), GRACE_MS));
    const lanes = Array.from({ length: MEMBERS_AT_ONCE }, async () => {
      const poll = await this.poll(how);
      waitLittle();
      return poll;
    });
    const polls = await Promise.allSettled(lanes);
    clearTimeout(timer);
    const good = polls.flatMap((poll) => (poll.status === "fulfilled" ? [poll.value] : []));
    const failed = polls.find((poll) => poll.status === "rejected");
    if (good.length === 0) {
      throw failed?.reason ?? new ClientError("not-read", "no member of the swarm could be asked; try again");
    }
    return this.page(good);
  }

  /**
   * What one member has since `page` took a poll of it. Nothing is remembered of a poll that no `page` took: whoever gives it up
   * loses nothing. Throws as `look`, and the signal's reason when it aborts.
   */
  async poll(options: PollOptions): Promise<Poll> {
    return await this.#retrieve({ ...options, from: this.#lastHash });
  }

  /** Every message that one member gives in full, from the start: for counting copies. */
  async allOf(member: ServiceNode, signal?: AbortSignal): Promise<readonly MessageHash[]> {
    const { items, more } = await this.#retrieve({ asked: new Set(), only: member, ...(signal && { signal }) });
    if (more) throw new ClientError("not-read", "the node has more messages than are read at once");
    return items.filter((item) => !item.forged).map((item) => item.hash);
  }

  /** Reads what members gave; what was shown before is left out. */
  page(polls: readonly Poll[]): MailPage<T & { readonly hash: MessageHash }> {
    this.#forgetOld();
    for (const { member, lastHash } of polls) if (lastHash !== undefined) this.#lastHash.set(member.pubkey, lastHash);
    const fresh = polls.flatMap((poll) => poll.items).filter((item) => this.#isNew(item));
    const messages: (T & { readonly sentMs: number; readonly hash: MessageHash })[] = [];
    const unreadable: { hash: string; reason: string }[] = [];
    for (const { hash, data, forged } of fresh) {
      try {
        if (forged) throw new ClientError("unreadable-message", "a node gave other data than the hash stands for");
        messages.push({ ...this.#options.decode(data), hash });
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        unreadable.push({ hash, reason: error.message });
      }
    }
    messages.sort((a, b) => a.sentMs - b.sentMs);
    const more = polls.some((poll) => poll.more);
    const members = polls.map((poll) => poll.member);
    return { messages, unreadable, more, members, paths: polls.map((poll) => poll.path) };
  }

  async #retrieve(options: RetrieveOptions): Promise<Poll> {
    const items: StoredItem[] = [];
    const given = new Set<MessageHash>();
    let bytes = 0;
    let { only } = options;
    let lastHash: MessageHash | undefined;
    let path: Path | undefined;
    for (let page = 1; ; page++) {
      const from = (member: ServiceNode) => lastHash ?? options.from?.get(member.pubkey);
      let answer: SwarmAnswer<{ items: StoredItem[]; more: boolean }>;
      try {
        answer = await this.#page({ ...options, ...(only && { only }), waitMs: page === 1 ? options.waitMs : 0 }, from);
      } catch (error) {
        // The pages before are good: they are given, and the next poll goes on after them.
        if (!(error instanceof ClientError) || only === undefined || path === undefined) throw error;
        return { member: only, path, items, more: true, lastHash };
      }
      only = answer.member;
      path = answer.answered.path;
      const { items: fresh, more } = answer.result;
      const before = given.size;
      for (const item of fresh) {
        items.push(item);
        given.add(item.hash);
        bytes += item.data.length + ITEM_BYTES;
      }
      if (fresh.length > 0 && given.size === before) throw new ClientError("not-read", "a node repeats its messages");
      lastHash = fresh.at(-1)?.hash ?? lastHash;
      const ended = !more || fresh.length === 0;
      if (ended || page === MAX_PAGES || bytes >= MAX_BYTES) {
        return { member: only, path, items, more: !ended, lastHash };
      }
    }
  }

  #page(options: RetrieveOptions, lastHashOf: (member: ServiceNode) => MessageHash | undefined) {
    const { credentials, namespace } = this.#options;
    const { asked, prefer, only, waitMs = 0, signal } = options;
    return this.#parts.swarm.ask(
      {
        what: "retrieve",
        account: credentials.account,
        asked,
        ...(prefer && { prefer }),
        ...(only && { only }),
        ...(waitMs > 0 && { waitMs }),
        ...(signal && { signal }),
        make: (member) => {
          const lastHash = lastHashOf(member);
          const times = { timestamp: this.#parts.clock.now(), ...(waitMs > 0 && { waitMs }) };
          const request = { namespace, ...times, ...(lastHash !== undefined && { lastHash }) };
          return { method: "retrieve", params: retrieveParameters(credentials, request) };
        },
        judge: (reply) => readStoredItems(reply.json, { account: credentials.account, namespace }),
      },
      "not-read",
    );
  }

  #forgetOld(): void {
    const now = this.#parts.clock.now();
    for (const [hash, until] of this.#seen) if (until < now) this.#seen.delete(hash);
  }

  #isNew({ hash, forged }: StoredItem): boolean {
    if (forged) return true; // Never remembered: it would hide the real message of that hash.
    if (this.#seen.has(hash)) return false;
    this.#seen.set(hash, this.#parts.clock.now() + PRIVATE_MAX_TTL_MS);
    return true;
  }
}

interface RetrieveOptions {
  readonly asked: Set<Pubkey>;
  readonly prefer?: Pubkey | undefined;
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal;
  /** The one member to ask. */
  readonly only?: ServiceNode;
  /** The last message of each member; from the start when absent. */
  readonly from?: Map<Pubkey, MessageHash>;
}
