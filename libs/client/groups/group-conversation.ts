import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { randomBytes } from "@swarmpost/crypto";
import { type Content, ContentSchema, EnvelopeSchema } from "@swarmpost/protos";
import { type AccountId, type MessageHash, namespace } from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import { ClientError } from "../client-error.ts";
import type { Credentials } from "../credentials.ts";
import { type DeleteReceipt, deleteMessages } from "../delete-messages.ts";
import { follow, type FollowOptions, type FollowParts } from "../follow.ts";
import { Mailbox, type MailPage } from "../mailbox.ts";
import { contentOf, type MessageBody, textOf, type TextMessage } from "../message.ts";
import type { NetworkClock } from "../network-clock.ts";
import { store, type StoreReceipt } from "../store.ts";
import type { SwarmRequests } from "../swarm-requests.ts";
import { type Group, groupCredentials } from "./group.ts";
import { type GroupKey, openGroupKey, sealGroupKey } from "./group-keys.ts";
import { openGroupMessage, sealGroupMessage } from "./group-message.ts";
import { memberCredentials, type MemberRight, memberToken } from "./member-key.ts";
import { type RevocationReceipt, revoke } from "./revocation.ts";

const MESSAGES = namespace(11);
const KEYS = namespace(12);
const CLOSED_GROUP_MESSAGE = 7;
/** Messages that are kept until a key for them comes. */
const MAX_CLOSED = 1_000;

/** How an account takes part in a group: by the secret of an admin, or by the key that an admin made for it. */
export type Membership = { readonly admin: Group } | { readonly group: AccountId; readonly memberKey: Uint8Array };

/** What a conversation works with. */
export interface GroupParts {
  readonly swarm: SwarmRequests;
  readonly clock: NetworkClock;
  /** How following keeps up with the network, for the group's account. */
  readonly followParts: (group: AccountId) => FollowParts;
}

/** A text in a group. */
export type GroupText = TextMessage & { readonly hash: MessageHash };

/** A group (03) as one account sees it. Requests carry the group's ID and a token, never the account's own ID. */
export class GroupConversation {
  readonly id: AccountId;
  readonly #account: Account;
  readonly #membership: Membership;
  readonly #credentials: Credentials;
  readonly #parts: GroupParts;
  readonly #messages: Mailbox<{ data: Buffer; sentMs: number }>;
  readonly #keyMessages: Mailbox<GroupKey & { sentMs: number }>;
  /** Keys by generation; one is added, none replaced. */
  #keys: readonly GroupKey[] = [];
  /** Messages that were told as unreadable for want of a key: it may come later. */
  readonly #closed = new Map<MessageHash, Buffer>();

  /** Throws ClientError "bad-group-key" when the member's key is not of this group, or for someone else. */
  constructor(account: Account, membership: Membership, parts: GroupParts) {
    const admin = "admin" in membership;
    this.id = admin ? membership.admin.id : membership.group;
    this.#account = account;
    this.#membership = membership;
    this.#parts = parts;
    this.#credentials = admin
      ? groupCredentials(membership.admin)
      : memberCredentials(membership.group, account, membership.memberKey);
    const credentials = this.#credentials;
    const decode = (data: Buffer): { data: Buffer; sentMs: number } => ({ data, sentMs: 0 });
    this.#messages = new Mailbox({ credentials, namespace: MESSAGES, decode }, parts);
    const decodeKey = (data: Buffer): GroupKey & { sentMs: number } => this.#readKey(data);
    this.#keyMessages = new Mailbox({ credentials, namespace: KEYS, decode: decodeKey }, parts);
  }

  /** Whether this account is an admin of the group. */
  get isAdmin(): boolean {
    return "admin" in this.#membership;
  }

  /**
   * Makes a new key for these members, and for admins, and gives it to them: at the group's start, and after someone was
   * removed. Admins only: ClientError "bad-group-key".
   */
  async shareNewKey(memberIds: readonly string[]): Promise<StoreReceipt> {
    const group = this.#admin();
    await this.#loadKeys();
    const fresh = { generation: (this.#keys.at(-1)?.generation ?? -1) + 1, key: randomBytes(32) };
    const receipt = await this.#store(KEYS, sealGroupKey(group, memberIds, fresh));
    this.#learn([fresh]);
    return receipt;
  }

  /** Sends a text to the group. Throws ClientError "bad-group-key" while no key was given to this account, and as `store`. */
  async send(text: string, body: Omit<MessageBody, "text"> = {}): Promise<StoreReceipt> {
    await this.#loadKeys();
    const key = this.#keys.at(-1);
    if (key === undefined) throw new ClientError("bad-group-key", "nobody has given this account the group's key yet");
    const sentMs = this.#parts.clock.now();
    const content = toBinary(ContentSchema, contentOf({ text, ...body }, sentMs));
    const parts = { type: CLOSED_GROUP_MESSAGE, source: this.id, timestamp: BigInt(sentMs), content };
    const envelope = toBinary(EnvelopeSchema, create(EnvelopeSchema, parts));
    return await this.#store(MESSAGES, sealGroupMessage(this.#account, this.id, key.key, envelope));
  }

  /** What is new in the group since the last look. Throws as `Mailbox.look`. */
  async read(): Promise<MailPage<GroupText>> {
    await this.#loadKeys();
    return await this.#open(await this.#messages.look());
  }

  /** What is in the group and then what comes, as `SwarmpostClient.follow`. Throws "refused" once the account is removed. */
  async *follow(options: FollowOptions = {}): AsyncGenerator<MailPage<GroupText>, void, undefined> {
    const pages = follow(this.#messages, options, this.#parts.followParts(this.id));
    for await (const page of pages) yield await this.#open(page);
  }

  /** Takes members' tokens out of force: they can neither read nor write any more. Admins only. */
  async revoke(memberIds: readonly string[], rights?: readonly MemberRight[]): Promise<RevocationReceipt> {
    return await this.#changeTokens("revoke", memberIds, rights);
  }

  /** Puts members' tokens in force again. Admins only. */
  async unrevoke(memberIds: readonly string[], rights?: readonly MemberRight[]): Promise<RevocationReceipt> {
    return await this.#changeTokens("unrevoke", memberIds, rights);
  }

  /** Deletes messages of the group; a member needs the right to. */
  async delete(hashes: readonly MessageHash[]): Promise<DeleteReceipt> {
    return await deleteMessages(this.#credentials, { hashes }, this.#parts.swarm);
  }

  async #changeTokens(what: "revoke" | "unrevoke", memberIds: readonly string[], rights?: readonly MemberRight[]) {
    const group = this.#admin();
    const tokens = memberIds.map((id) => memberToken(group, id, rights));
    return await revoke(what, groupCredentials(group), { tokens }, this.#parts);
  }

  async #store(ns: typeof MESSAGES, data: Buffer): Promise<StoreReceipt> {
    return await store({ credentials: this.#credentials, namespace: ns }, { data }, this.#parts);
  }

  /**
   * Opens messages; when one was sealed with an unknown key, keys are looked for once more. One that stays closed is told as
   * unreadable, and given when its key has come.
   */
  async #open(page: MailPage<{ data: Buffer; hash: MessageHash }>): Promise<MailPage<GroupText>> {
    const isClosed = ({ data }: { data: Buffer }): boolean => this.#opened(data) === undefined;
    if (page.messages.some(isClosed)) {
      // The messages are taken from the mailbox already: they must not be lost because keys can't be had now.
      await this.#loadKeys().catch((error: unknown) => {
        if (!(error instanceof ClientError)) throw error;
      });
    }
    const later = [...this.#closed].map(([hash, data]) => ({ hash, data })).filter((each) => !isClosed(each));
    for (const { hash } of later) this.#closed.delete(hash);
    const messages: GroupText[] = [];
    const unreadable = [...page.unreadable];
    for (const { data, hash } of [...later, ...page.messages]) {
      try {
        messages.push({ ...this.#decode(data), hash });
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        unreadable.push({ hash, reason: error.message });
        if (isClosed({ data }) && this.#closed.size < MAX_CLOSED) this.#closed.set(hash, data);
      }
    }
    return { ...page, messages: messages.toSorted((a, b) => a.sentMs - b.sentMs), unreadable };
  }

  #opened(data: Buffer) {
    return openGroupMessage(
      this.id,
      this.#keys.map(({ key }) => key),
      data,
    );
  }

  #decode(data: Buffer): TextMessage {
    const opened = this.#opened(data);
    if (opened === undefined) {
      throw new ClientError("unreadable-message", "it was not sealed with a key of this group that is known here");
    }
    const { content, timestamp } = readEnvelope(opened.content);
    return textOf(content, opened.from, timestamp);
  }

  async #loadKeys(): Promise<void> {
    this.#learn((await this.#keyMessages.look()).messages);
  }

  #learn(found: readonly GroupKey[]): void {
    const known = ({ generation, key }: GroupKey): boolean =>
      this.#keys.some((each) => each.generation === generation && each.key.equals(key));
    this.#keys = [...this.#keys, ...found.filter((each) => !known(each))].sort((a, b) => a.generation - b.generation);
  }

  #readKey(data: Buffer): GroupKey & { sentMs: number } {
    const reader = "admin" in this.#membership ? this.#membership : { member: this.#account };
    const key = openGroupKey(this.id, reader, data);
    if (key === undefined) throw new ClientError("unreadable-message", "it holds no key for this account");
    return { ...key, sentMs: key.generation };
  }

  #admin(): Group {
    if ("admin" in this.#membership) return this.#membership.admin;
    throw new ClientError("bad-group-key", "only an admin of the group can do that");
  }
}

function readEnvelope(bytes: Buffer): { content: Content; timestamp: number } {
  try {
    const envelope = fromBinary(EnvelopeSchema, bytes);
    return {
      content: fromBinary(ContentSchema, envelope.content ?? Buffer.alloc(0)),
      timestamp: Number(envelope.timestamp),
    };
  } catch (cause) {
    throw new ClientError("unreadable-message", "a message can't be read: it is not a message", { cause });
  }
}
