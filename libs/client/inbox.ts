import { decodeBase64 } from "@swarmpost/encoding";
import type { Pubkey } from "@swarmpost/crypto";
import {
  DEFAULT_NAMESPACE,
  type MessageHash,
  messageHash,
  parseMessageHash,
  PRIVATE_MAX_TTL_MS,
} from "@swarmpost/storage-rpc";
import type { Account } from "./account.ts";
import { ClientError } from "./client-error.ts";
import { decodeText, type TextMessage } from "./message.ts";
import type { NetworkClock } from "./network-clock.ts";
import type { Path } from "./path.ts";
import type { ServiceNode } from "./service-node.ts";
import { retrieveParameters } from "./storage-parameters.ts";
import type { SwarmRequests } from "./swarm-requests.ts";

/** Members that are polled at once (Session Desktop's number): what one has not got yet, the other may. */
const MEMBERS_AT_ONCE = 2;
/** One poll of a member ends after so many pages or bytes, whatever more it says it has; the next poll goes on. */
const MAX_PAGES = 50;
const MAX_BYTES = 64 * 1024 * 1024;

/** A text in the inbox. */
export interface ReceivedMessage extends TextMessage {
  readonly hash: MessageHash;
}

/** What one look into the inbox brought. */
export interface InboxPage {
  /** New texts, oldest first by the senders' clocks. */
  readonly messages: readonly ReceivedMessage[];
  /** New messages that can't be read and why: of another kind, not for this account, or damaged. */
  readonly unreadable: readonly { readonly hash: string; readonly reason: string }[];
  /** A member has more than is read at once: look again. */
  readonly more: boolean;
  /** The members that answered. */
  readonly members: readonly ServiceNode[];
  /** The paths that the answers came over. */
  readonly paths: readonly Path[];
}

interface StoredItem {
  readonly hash: MessageHash;
  readonly data: Buffer;
  /** The data does not have this hash: the node invented one of them. */
  readonly forged: boolean;
}

interface Poll {
  readonly member: ServiceNode;
  readonly path: Path;
  readonly items: readonly StoredItem[];
  /** The member has more. */
  readonly more: boolean;
}

/**
 * The public inbox of one account, polled without showing anything twice. What each member gave last is remembered for
 * each member, as their orders differ (client-protocol section 7).
 */
export class Inbox {
  readonly #account: Account;
  readonly #parts: { swarm: SwarmRequests; clock: NetworkClock };
  readonly #lastHash = new Map<Pubkey, MessageHash>();
  /** What was shown, and until when it is remembered; no node is asked how long. */
  readonly #seen = new Map<MessageHash, number>();

  constructor(account: Account, parts: { swarm: SwarmRequests; clock: NetworkClock }) {
    this.#account = account;
    this.#parts = parts;
  }

  /** What is new since the last poll. Throws ClientError "not-read" when no member could be asked, or "refused". */
  async poll(): Promise<InboxPage> {
    const asked = new Set<Pubkey>();
    const polls = await Promise.allSettled(Array.from({ length: MEMBERS_AT_ONCE }, () => this.#pollOne(asked)));
    const good = polls.flatMap((poll) => (poll.status === "fulfilled" && poll.value ? [poll.value] : []));
    const failed = polls.find((poll) => poll.status === "rejected");
    if (good.length === 0) {
      throw failed?.reason ?? new ClientError("not-read", "no member of the swarm could be asked; try again");
    }
    return this.#merge(good);
  }

  /** Every message that one member gives in full, from the start: for counting copies. */
  async allOf(member: ServiceNode): Promise<readonly MessageHash[]> {
    const { items, more } = await this.#retrieve(new Set(), { only: member, from: undefined });
    if (more) throw new ClientError("not-read", "the node has more messages than are read at once");
    return items.filter((item) => !item.forged).map((item) => item.hash);
  }

  async #pollOne(asked: Set<Pubkey>): Promise<Poll | undefined> {
    return await this.#retrieve(asked, { only: undefined, from: this.#lastHash });
  }

  async #retrieve(
    asked: Set<Pubkey>,
    source: { only: ServiceNode | undefined; from: Map<Pubkey, MessageHash> | undefined },
  ): Promise<Poll> {
    const items: StoredItem[] = [];
    const given = new Set<MessageHash>();
    let bytes = 0;
    let only = source.only;
    let lastHash: MessageHash | undefined;
    for (let page = 1; ; page++) {
      const answer = await this.#page(asked, only, (member) => lastHash ?? source.from?.get(member.pubkey));
      only = answer.member;
      const { items: fresh, more } = answer.result;
      const before = given.size;
      for (const item of fresh) {
        items.push(item);
        given.add(item.hash);
        bytes += item.data.length;
      }
      if (fresh.length > 0 && given.size === before) throw new ClientError("not-read", "a node repeats its messages");
      lastHash = fresh.at(-1)?.hash;
      if (lastHash !== undefined) source.from?.set(only.pubkey, lastHash);
      const ended = !more || lastHash === undefined;
      if (ended || page === MAX_PAGES || bytes >= MAX_BYTES) {
        return { member: only, path: answer.answered.path, items, more: !ended };
      }
    }
  }

  #page(asked: Set<Pubkey>, only: ServiceNode | undefined, from: (member: ServiceNode) => MessageHash | undefined) {
    const { swarm, clock } = this.#parts;
    return swarm.ask(
      {
        what: "retrieve",
        account: this.#account.id,
        asked,
        ...(only === undefined ? {} : { only }),
        make: (member) => {
          const lastHash = from(member);
          const request = { namespace: DEFAULT_NAMESPACE, timestamp: clock.now() };
          const params = retrieveParameters(this.#account, lastHash === undefined ? request : { ...request, lastHash });
          return { method: "retrieve", params };
        },
        judge: (reply) => readPage(this.#account, reply.json),
      },
      "not-read",
    );
  }

  #merge(polls: readonly Poll[]): InboxPage {
    this.#forgetOld();
    const fresh = polls.flatMap((poll) => poll.items).filter((item) => this.#isNew(item));
    const messages: ReceivedMessage[] = [];
    const unreadable: { hash: string; reason: string }[] = [];
    for (const { hash, data, forged } of fresh) {
      try {
        if (forged) throw new ClientError("unreadable-message", "a node gave other data than the hash stands for");
        messages.push({ ...decodeText(this.#account, data), hash });
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

/** A retrieve's answer; the account checks every hash itself. */
function readPage(
  account: Account,
  body: Readonly<Record<string, unknown>> | undefined,
): { result: { items: StoredItem[]; more: boolean } } | { again: string } {
  const listed = body?.["messages"];
  if (!Array.isArray(listed)) return { again: "a node gave no list of messages" };
  const items = listed.map((entry) => readItem(account, entry));
  if (items.includes(undefined)) return { again: "a node gave a message without hash or data" };
  return { result: { items: items as StoredItem[], more: body?.["more"] === true } };
}

function readItem(account: Account, entry: unknown): StoredItem | undefined {
  const { hash: text, data: encoded } = (entry ?? {}) as Record<string, unknown>;
  const hash = typeof text === "string" ? parseMessageHash(text) : undefined;
  const data = typeof encoded === "string" ? decodeBase64(encoded) : undefined;
  if (hash === undefined || data === undefined) return undefined;
  const forged = hash !== messageHash(account.id, DEFAULT_NAMESPACE, data);
  return { hash, data, forged };
}
