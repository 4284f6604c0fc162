import { create, toBinary } from "@bufbuild/protobuf";
import { type Content, ContentSchema, EnvelopeSchema } from "@swarmpost/protos";
import { type AccountId, type MessageHash, namespace } from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import { ClientError } from "../client-error.ts";
import type { Credentials } from "../credentials.ts";
import type { CallOptions, Deadlines } from "../deadline.ts";
import { type ChangeReceipt, deleteMessages } from "../change-messages.ts";
import { follow, type FollowOptions, type FollowParts } from "../follow.ts";
import { Mailbox, type MailPage } from "../mailbox.ts";
import { contentOf, type MessageBody, textOf, type TextMessage } from "../message.ts";
import type { NetworkClock } from "../network-clock.ts";
import { OneAtATime } from "../one-at-a-time.ts";
import { store, type StoreReceipt } from "../store.ts";
import type { SwarmRequests } from "../swarm-requests.ts";
import { type Group, groupCredentials } from "./group.ts";
import { GroupAdministration, type InvitedMember, type Invitee } from "./group-administration.ts";
import { type GroupInfo, type GroupInfoChange, readInfo } from "./group-info.ts";
import { GroupKeyring } from "./group-keyring.ts";
import { type GroupMember, readMembers } from "./group-members.ts";
import { sealGroupMessage } from "./group-message.ts";
import { type GroupEvent, type GroupNotice, noticeContents, noticeOf } from "./group-update.ts";
import { GroupUpkeep } from "./group-upkeep.ts";
import { openKick } from "./kick-message.ts";
import { type MemberRight, memberToken } from "./member-key.ts";
import { actingFor, type Membership } from "./membership.ts";
import { MemberRequests } from "./member-requests.ts";
import { revoke } from "./revocation.ts";
import { SignedConfig, type SignedConfigOptions } from "./signed-config.ts";
import { type OpenedItem, type OpenedItems, TakenMessages } from "./taken-messages.ts";

const MESSAGES = namespace(11);
const KICKED = namespace(-11);
const CLOSED_GROUP_MESSAGE = 7;

/** What a conversation works with. */
export interface GroupParts {
  readonly swarm: SwarmRequests;
  readonly clock: NetworkClock;
  readonly deadlines: Deadlines;
  /** How following keeps up with the network, for the group's account. */
  readonly followParts: (group: AccountId) => FollowParts;
}

/** A text in a group. */
export type GroupText = TextMessage & { readonly hash: MessageHash };

/** What one look into a group brought. */
export type GroupPage = MailPage<GroupText> & {
  /** What happened in it besides texts, in the order of the senders' clocks. */
  readonly events: readonly GroupEvent[];
};

/**
 * A group (03) as one account sees it. Requests carry the group's ID and a token, never the account's own ID. Every method that
 * asks the swarm throws ClientError "timed-out", "refused", and "removed-from-group" once an admin has taken the account out.
 */
export class GroupConversation {
  readonly id: AccountId;
  readonly #account: Account;
  readonly #group: Group | undefined;
  readonly #credentials: Credentials;
  readonly #parts: GroupParts;
  readonly #messages: Mailbox<{ data: Buffer; sentMs: number }>;
  readonly #keyring: GroupKeyring;
  readonly #taken: TakenMessages;
  readonly #info: SignedConfig;
  readonly #members: SignedConfig;
  readonly #upkeep: GroupUpkeep;
  readonly #asked = new MemberRequests();
  readonly #changes = new OneAtATime();

  /** Throws ClientError "bad-group-key" when the member's key is not of this group, or for someone else. */
  constructor(account: Account, membership: Membership, parts: GroupParts) {
    const { id, credentials, admin } = actingFor(account, membership);
    this.id = id;
    this.#account = account;
    this.#group = admin;
    this.#parts = parts;
    this.#credentials = credentials;
    this.#messages = new Mailbox({ credentials, namespace: MESSAGES, decode: sealed }, parts);
    const reader = admin === undefined ? { member: account } : { admin };
    this.#keyring = new GroupKeyring({ group: id, credentials, reader }, parts);
    const keys = (): readonly Buffer[] => this.#keyring.all();
    this.#taken = new TakenMessages(id, keys);
    const config = (kind: SignedConfigOptions["kind"]): SignedConfig =>
      new SignedConfig({ group: id, kind, credentials, admin, keys }, parts);
    [this.#info, this.#members] = [config("info"), config("members")];
    const current = async (signal: AbortSignal): Promise<readonly MessageHash[]> => {
      await this.#keyring.load(signal);
      const configs = [await this.#info.hashes(signal), await this.#members.hashes(signal)];
      return [...this.#keyring.hashes(), ...configs.flat()];
    };
    const { swarm, clock, deadlines } = parts;
    const onProblem = (message: string): void => parts.followParts(id).onProblem(message);
    this.#upkeep = new GroupUpkeep(credentials, { swarm, clock, deadlines, current, onProblem });
  }

  /** Whether this account is an admin of the group. */
  get isAdmin(): boolean {
    return this.#group !== undefined;
  }

  /** What the group is called. */
  async info(options: CallOptions = {}): Promise<GroupInfo> {
    return await this.#run(options, async (signal) => {
      await this.#keyring.load(signal);
      return readInfo(await this.#info.read(signal));
    });
  }

  /** Who is in it, and how far those are that were asked. */
  async members(options: CallOptions = {}): Promise<readonly GroupMember[]> {
    return await this.#run(options, async (signal) => {
      await this.#keyring.load(signal);
      return readMembers(await this.#members.read(signal));
    });
  }

  /** Changes name or description. Admins only: ClientError "bad-group-key". */
  async changeInfo(change: GroupInfoChange, options: CallOptions = {}): Promise<void> {
    await this.#administer(options, (admin, signal) => admin.changeInfo(change, signal));
  }

  /**
   * Adds accounts: each gets what it acts by in a one-to-one message, and everyone a new key, which opens nothing from before. Admins
   * only. Who was removed before may be invited again, and so may one whose message could not be sent.
   */
  async invite(invitees: readonly Invitee[], options: CallOptions = {}): Promise<readonly InvitedMember[]> {
    return await this.#administer(options, (admin, signal) => admin.invite(invitees, signal));
  }

  /** Makes members admins: they get the group's secret, which can't be taken back. Admins only. */
  async promote(memberIds: readonly string[], options: CallOptions = {}): Promise<readonly InvitedMember[]> {
    return await this.#administer(options, (admin, signal) => admin.promote(memberIds, signal));
  }

  /**
   * Takes members out: they can neither read nor write any more, what follows is sealed with a key that they don't get, and a
   * message tells them. Admins only, and not of admins.
   */
  async remove(memberIds: readonly string[], options: CallOptions = {}): Promise<void> {
    await this.#administer(options, (admin, signal) => admin.remove(memberIds, signal));
  }

  /** Says that this account accepts its invitation: an admin's next `read` lists it as a member. Who was promoted does so itself. */
  async accept(options: CallOptions = {}): Promise<void> {
    const started = performance.now();
    await this.#run(options, (signal) => this.#post({ type: "joined" }, signal));
    if (!this.isAdmin) return;
    const joined = { type: "joined", from: this.#account.id, sentMs: this.#parts.clock.now() } as const;
    const left = { ...options, deadlineMs: this.#parts.deadlines.leftMs(options, started) };
    await this.#administer(left, (admin, signal) => admin.follow([joined], signal));
  }

  /** Leaves: an admin's next `read` takes this account out. Throws ClientError "last-admin" when nobody could. */
  async leave(options: CallOptions = {}): Promise<void> {
    await this.#run(options, async (signal) => {
      await this.#keyring.load(signal);
      const members = readMembers(await this.#members.read(signal));
      const others = members.filter(
        ({ id, state }) => id !== this.#account.id && ["admin", "promoted"].includes(state),
      );
      if (this.isAdmin && others.length === 0) {
        throw new ClientError("last-admin", "the group has no other admin: promote somebody first");
      }
      await this.#post({ type: "left" }, signal);
    });
  }

  /** A group's beginning: as `SwarmpostClient.createGroup`. */
  async found(change: GroupInfoChange, options: CallOptions = {}): Promise<void> {
    await this.#administer(options, (admin, signal) => admin.found(change, signal));
  }

  /**
   * Makes a new key for these members, and for admins, and gives it to them; `invite` and `remove` do so by themselves. Admins
   * only: ClientError "bad-group-key".
   */
  async shareNewKey(memberIds: readonly string[], options: CallOptions = {}): Promise<StoreReceipt> {
    const group = this.#admin();
    return await this.#administer(options, (_admin, signal) => this.#keyring.rotate(group, memberIds, signal));
  }

  /** Sends a text to the group. Throws ClientError "bad-group-key" while no key was given to this account, and as `store`. */
  async send(text: string, { signal: caller, deadlineMs, ...body }: GroupSendOptions = {}): Promise<StoreReceipt> {
    const call = { ...(caller && { signal: caller }), ...(deadlineMs !== undefined && { deadlineMs }) };
    return await this.#run(call, async (signal) => {
      await this.#keyring.load(signal);
      const sentMs = this.#parts.clock.now();
      return await this.#say(contentOf({ text, ...body }, sentMs), sentMs, signal);
    });
  }

  /**
   * What is new in the group since the last look. An admin does what members asked for, as `accept` and `leave`; what can't be
   * done now is told as a warning and tried again with the next look.
   */
  async read(options: CallOptions = {}): Promise<GroupPage> {
    const started = performance.now();
    const page = await this.#run(options, async (signal) => {
      await this.#keyring.load(signal);
      return await this.#messages.look(signal);
    });
    const left = (): CallOptions => ({ ...options, deadlineMs: this.#parts.deadlines.leftMs(options, started) });
    const opened = await this.#open(page, left());
    await this.#act(opened.page, left());
    await this.#upkeep.keep(left());
    return this.#give(opened);
  }

  /** What is in the group and then what comes, as `SwarmpostClient.follow`. */
  async *follow(options: FollowOptions = {}): AsyncGenerator<GroupPage, void, undefined> {
    const { deadlines, followParts } = this.#parts;
    const signal = deadlines.untilClosed(options.signal);
    const call = { signal };
    try {
      const parts = followParts(this.id);
      const before = async (): Promise<void> => {
        await parts.before();
        await this.#upkeep.keep(call);
      };
      for await (const page of follow(this.#messages, { ...options, signal }, { ...parts, before })) {
        const opened = await this.#open(page, call);
        await this.#act(opened.page, call);
        yield this.#give(opened);
      }
    } catch (error) {
      throw await deadlines.run({}, (signal) => this.#explained(error, signal));
    }
  }

  /** Takes members' tokens out of force: they can neither read nor write any more. Admins only; `remove` does all of it. */
  async revoke(memberIds: readonly string[], options: TokenOptions = {}): Promise<ChangeReceipt> {
    return await this.#changeTokens("revoke", memberIds, options);
  }

  /** Puts members' tokens in force again. Admins only. */
  async unrevoke(memberIds: readonly string[], options: TokenOptions = {}): Promise<ChangeReceipt> {
    return await this.#changeTokens("unrevoke", memberIds, options);
  }

  /** Deletes messages of the group; a member needs the right to. */
  async delete(hashes: readonly MessageHash[], options: CallOptions = {}): Promise<ChangeReceipt> {
    const { swarm } = this.#parts;
    return await this.#run(options, (signal) => deleteMessages(this.#credentials, { hashes, signal }, swarm));
  }

  async #changeTokens(what: "revoke" | "unrevoke", memberIds: readonly string[], options: TokenOptions) {
    const group = this.#admin();
    const { rights, ...call } = options;
    const tokens = memberIds.map((id) => memberToken(group, id, rights));
    return await this.#run(call, (signal) => revoke(what, groupCredentials(group), { tokens, signal }, this.#parts));
  }

  async #post(notice: GroupNotice, signal: AbortSignal): Promise<void> {
    await this.#keyring.load(signal);
    const sentMs = this.#parts.clock.now();
    for (const content of noticeContents(notice, sentMs)) await this.#say(content, sentMs, signal);
  }

  async #say(content: Content, sentMs: number, signal: AbortSignal): Promise<StoreReceipt> {
    const parts = { type: CLOSED_GROUP_MESSAGE, source: this.id, timestamp: BigInt(sentMs) };
    const bytes = toBinary(ContentSchema, content);
    const envelope = toBinary(EnvelopeSchema, create(EnvelopeSchema, { ...parts, content: bytes }));
    const data = sealGroupMessage(this.#account, this.id, this.#keyring.current(), envelope);
    return await store({ credentials: this.#credentials, namespace: MESSAGES }, { data, signal }, this.#parts);
  }

  /**
   * Opens messages; when one was sealed with an unknown key, keys are looked for once more. That these can't be had now keeps
   * nobody from reading the rest: what stays closed is given when its key has come.
   */
  async #open(page: MailPage<{ data: Buffer; hash: MessageHash }>, options: CallOptions): Promise<OpenedPage> {
    this.#taken.take(page.messages);
    if (this.#taken.lacksKey) await this.#seekKeys(options);
    const items = this.#taken.open();
    const [messages, events, odd]: [GroupText[], GroupEvent[], { hash: string; reason: string }[]] = [[], [], []];
    for (const item of items.opened) {
      try {
        const read = this.#read(item);
        if ("type" in read) events.push(read);
        else messages.push(read);
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        odd.push({ hash: item.hash, reason: error.message });
      }
    }
    const all = { ...page, unreadable: [...page.unreadable, ...items.unreadable, ...odd] };
    return { items, page: { ...all, messages: messages.toSorted(bySentMs), events: events.toSorted(bySentMs) } };
  }

  async #seekKeys(options: CallOptions): Promise<void> {
    try {
      await this.#parts.deadlines.run(options, (signal) => this.#keyring.load(signal));
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof ClientError)) throw error;
    }
  }

  /** The reader gets the page now: before, whatever ends a look leaves it for the next. */
  #give({ items, page }: OpenedPage): GroupPage {
    this.#taken.given(items);
    return page;
  }

  #read({ hash, from, content, envelopeMs }: OpenedItem): GroupText | GroupEvent {
    return noticeOf(this.id, content, from) ?? { ...textOf(content, from, envelopeMs), hash };
  }

  async #act({ events }: GroupPage, options: CallOptions): Promise<void> {
    if (!this.isAdmin) return;
    const asked = this.#asked.take(events, this.#parts.clock.now());
    if (asked.length === 0) return;
    try {
      await this.#administer(options, (admin, signal) => admin.follow(asked, signal));
      this.#asked.done(asked);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof ClientError)) throw error;
      this.#parts.followParts(this.id).onProblem(`what members asked for is not done yet: ${error.message}`);
    }
  }

  /** Does something in its time; a refusal is looked into. */
  async #run<T>(options: CallOptions, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return await this.#parts.deadlines.run(options, async (signal) => {
      try {
        return await act(signal);
      } catch (error) {
        throw await this.#explained(error, signal);
      }
    });
  }

  /** A refusal means that the account was removed when a message says so where the removed may read; else it stays what it is. */
  async #explained(error: unknown, signal: AbortSignal): Promise<unknown> {
    if (!(error instanceof ClientError) || error.detail.status !== 401 || this.isAdmin) return error;
    const place = { credentials: this.#credentials, namespace: KICKED, decode: sealed };
    const told = await new Mailbox(place, this.#parts).look(signal).catch(() => undefined);
    const generations = (told?.messages ?? []).map(({ data }) => openKick(this.id, this.#account, data) ?? -1);
    if (!generations.some((each) => each >= Math.max(0, this.#keyring.generation))) return error;
    return new ClientError("removed-from-group", "an admin has removed this account from the group", { cause: error });
  }

  /** Does an admin's work, one thing after the other: each follows from the list and the key that the one before left. */
  async #administer<T>(
    options: CallOptions,
    act: (admin: GroupAdministration, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return await this.#run(options, (signal) => this.#changes.run(signal, () => act(this.#administration(), signal)));
  }

  #administration(): GroupAdministration {
    const { swarm, clock } = this.#parts;
    const post = (notice: GroupNotice, signal: AbortSignal): Promise<void> => this.#post(notice, signal);
    const configs = { keyring: this.#keyring, info: this.#info, members: this.#members };
    return new GroupAdministration(this.#account, this.#admin(), { swarm, clock, ...configs, post });
  }

  #admin(): Group {
    if (this.#group !== undefined) return this.#group;
    throw new ClientError("bad-group-key", "only an admin of the group can do that");
  }
}

/** What goes with a text to a group. */
export type GroupSendOptions = Omit<MessageBody, "text"> & CallOptions;

/** Which token of a member is meant; that of an ordinary member by default. */
export type TokenOptions = CallOptions & { readonly rights?: readonly MemberRight[] };

/** A page that was not given yet. */
interface OpenedPage {
  readonly items: OpenedItems;
  readonly page: GroupPage;
}

function sealed(data: Buffer): { data: Buffer; sentMs: number } {
  return { data, sentMs: 0 };
}

function bySentMs(a: { sentMs: number }, b: { sentMs: number }): number {
  return a.sentMs - b.sentMs;
}
