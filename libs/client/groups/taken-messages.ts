import { fromBinary } from "@bufbuild/protobuf";
import { type Content, ContentSchema, EnvelopeSchema } from "@swarmpost/protos";
import type { AccountId, MessageHash } from "@swarmpost/storage-rpc";
import { ClientError } from "../client-error.ts";
import { openGroupMessage } from "./group-message.ts";

/** Messages that are kept until a key for them comes; then the oldest are given up. */
const MAX_CLOSED = 1_000;

/** A message of a group as the swarm gives it. */
export interface SealedItem {
  readonly hash: MessageHash;
  readonly data: Buffer;
}

/** A message of a group, opened. */
export interface OpenedItem {
  readonly hash: MessageHash;
  readonly from: AccountId;
  readonly content: Content;
  readonly envelopeMs: number;
}

/** What can't be read, and why. */
export interface UnreadableItem {
  readonly hash: MessageHash;
  readonly reason: string;
}

/** What is in hand after one look. */
export interface OpenedItems {
  readonly opened: readonly OpenedItem[];
  readonly unreadable: readonly UnreadableItem[];
}

/**
 * A group's messages that were taken from the swarm and not yet given to whoever reads, so that none is lost when a look ends
 * before its time. One for which there is no key yet is told once as unreadable, and given when its key has come.
 */
export class TakenMessages {
  readonly #group: AccountId;
  readonly #keys: () => readonly Buffer[];
  readonly #taken = new Map<MessageHash, { readonly data: Buffer; readonly told: boolean }>();

  constructor(group: AccountId, keys: () => readonly Buffer[]) {
    this.#group = group;
    this.#keys = keys;
  }

  /** Takes what a look brought. */
  take(items: readonly SealedItem[]): void {
    for (const { hash, data } of items) this.#taken.set(hash, { data, told: false });
  }

  /** Whether a key is missing for one that was not told as unreadable. */
  get lacksKey(): boolean {
    return [...this.#taken.values()].some(({ data, told }) => !told && this.#open(data) === undefined);
  }

  /** What can be read with the keys that are known, and what can't and was not told before. */
  open(): OpenedItems {
    const opened: OpenedItem[] = [];
    const unreadable: UnreadableItem[] = [];
    for (const [hash, { data, told }] of this.#taken) {
      const content = this.#open(data);
      if (content === undefined) {
        if (!told) unreadable.push({ hash, reason: "it was not sealed with a key of this group that is known here" });
        continue;
      }
      try {
        opened.push({ hash, from: content.from, ...readEnvelope(content.content) });
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        unreadable.push({ hash, reason: error.message });
      }
    }
    return { opened, unreadable };
  }

  /** Whoever reads has got these: only those without a key are kept. */
  given({ opened, unreadable }: OpenedItems): void {
    for (const { hash } of opened) this.#taken.delete(hash);
    for (const { hash } of unreadable) {
      const item = this.#taken.get(hash);
      if (item === undefined) continue;
      this.#taken.delete(hash);
      if (this.#open(item.data) === undefined) this.#taken.set(hash, { ...item, told: true });
    }
    const closed = [...this.#taken].filter(([, { told }]) => told);
    for (const [hash] of closed.slice(0, Math.max(0, closed.length - MAX_CLOSED))) this.#taken.delete(hash);
  }

  #open(data: Buffer) {
    return openGroupMessage(this.#group, this.#keys(), data);
  }
}

function readEnvelope(bytes: Buffer): { content: Content; envelopeMs: number } {
  try {
    const envelope = fromBinary(EnvelopeSchema, bytes);
    const content = fromBinary(ContentSchema, envelope.content ?? Buffer.alloc(0));
    return { content, envelopeMs: Number(envelope.timestamp) };
  } catch (cause) {
    throw new ClientError("unreadable-message", "a message can't be read: it is not a message", { cause });
  }
}
