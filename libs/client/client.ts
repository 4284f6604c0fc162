import type { EncType, Pubkey } from "@swarmpost/crypto";
import type { AccountId, MessageHash } from "@swarmpost/storage-rpc";
import type { Account } from "./account.ts";
import { parseRecipient } from "./account-id.ts";
import { AttachedFiles, type AttachOptions, type DownloadOptions } from "./attachments/attached-files.ts";
import type { Attachment } from "./attachments/attachment.ts";
import type { FileServer } from "./attachments/file-server.ts";
import type { NodeList } from "./bootstrap.ts";
import { ClientError } from "./client-error.ts";
import type { OnEvent } from "./client-event.ts";
import { ownCredentials } from "./credentials.ts";
import { type CallOptions, DEADLINE_MS, Deadlines } from "./deadline.ts";
import { type ChangeReceipt, deleteMessages } from "./change-messages.ts";
import type { FollowOptions, FollowParts } from "./follow.ts";
import { createGroup } from "./groups/group.ts";
import { followUntilRemoved } from "./groups/follow-until-removed.ts";
import { GroupConversation, type GroupPage } from "./groups/group-conversation.ts";
import type { GroupInfoChange } from "./groups/group-info.ts";
import type { GroupInvitation } from "./groups/group-invitation.ts";
import type { Membership } from "./groups/membership.ts";
import { Guards } from "./guards.ts";
import { HttpsConnections } from "./https-post.ts";
import { Inbox, type InboxPage } from "./inbox.ts";
import { encodeMessage, type MessageBody } from "./message.ts";
import { NetworkClock } from "./network-clock.ts";
import { resolveName } from "./names/resolve-name.ts";
import type { NetworkDescription } from "./network-file.ts";
import { NodeLists } from "./node-lists.ts";
import { NodePool } from "./node-pool.ts";
import { NodeRequests } from "./node-requests.ts";
import type { Blinding } from "./open-groups/blinded-key.ts";
import { OpenGroup } from "./open-groups/open-group.ts";
import { OnionTransport, type RpcReply, type RpcRequest } from "./onion-transport.ts";
import { type Path, type Random, systemRandom } from "./path.ts";
import { Paths } from "./paths.ts";
import { type ServerPlace, ServerRequests } from "./server-requests.ts";
import { type ServiceNode, shortKey } from "./service-node.ts";
import { store, type StoreReceipt } from "./store.ts";
import { SwarmRequests } from "./swarm-requests.ts";
import { type SwarmMembership, Swarms } from "./swarms.ts";
import { type Start, together } from "./together.ts";

/** How a client behaves; everything has a default. */
export interface ClientOptions {
  /** Believe seeds without a key that are not on loopback. */
  readonly insecure?: boolean;
  /** Guards of an earlier run, and who remembers them for the next. */
  readonly guards?: readonly Pubkey[];
  readonly onGuards?: (guards: readonly Pubkey[]) => void;
  /** Height of the list that an earlier run believed, and who remembers it for the next: no older list is taken. */
  readonly height?: number;
  readonly onHeight?: (height: number) => void;
  /** Progress, for people. */
  readonly onEvent?: OnEvent;
  /** Cipher of the onions; xchacha20 by default. */
  readonly encType?: EncType;
  /** How long one onion may take, ms; 10,000 by default as Session's message timeout. */
  readonly timeoutMs?: number;
  /** How long a call may take with all its tries, ms; 60,000 by default, and 180,000 where a file is carried. */
  readonly deadlineMs?: number;
  /** Ends connecting; calls have signals of their own. */
  readonly signal?: AbortSignal;
  /** This computer's clock, unix ms. */
  readonly now?: () => number;
  readonly random?: Random;
}

/** What goes with a text. */
export interface SendOptions extends CallOptions {
  /** How long the message waits at most, ms; 14 days by default. */
  readonly ttlMs?: number;
  /** Files, as `attach` gives them. */
  readonly attachments?: readonly Attachment[];
  /** Leaves a copy in the sender's own swarm, for its other devices (Session's sync message). */
  readonly ownCopy?: boolean;
}

/** A sent message. */
export interface SendReceipt extends StoreReceipt {
  /** The sender's own copy; absent when none was wanted, or it could not be stored, which is told as a warning. */
  readonly copy?: StoreReceipt;
  readonly sentMs: number;
  /** From the first try to the answer, ms. */
  readonly ms: number;
}

/** A page of the inbox or of a group. */
export type FollowedPage =
  | { readonly group: undefined; readonly page: InboxPage }
  | { readonly group: GroupConversation; readonly page: GroupPage };

/**
 * A connection to a network for any number of accounts. Make one with `SwarmpostClient.connect`, dispose of it in the
 * end. Every request goes through a path of three nodes to a fourth.
 */
export class SwarmpostClient implements AsyncDisposable {
  readonly #options: ClientOptions;
  readonly #connections = new HttpsConnections();
  readonly #clock: NetworkClock;
  readonly #pool: NodePool;
  readonly #swarms = new Swarms();
  readonly #paths: Paths;
  readonly #requests: NodeRequests;
  readonly #swarm: SwarmRequests;
  readonly #servers: ServerRequests;
  readonly #files: AttachedFiles;
  readonly #deadlines: Deadlines;
  readonly #lists: NodeLists;

  private constructor(network: NetworkDescription, options: ClientOptions) {
    this.#options = options;
    const random = this.#random;
    this.#deadlines = new Deadlines({ defaultMs: options.deadlineMs ?? DEADLINE_MS });
    const onEvent = options.onEvent ?? (() => undefined);
    this.#clock = new NetworkClock(options.now ?? Date.now);
    const now = (): number => this.#clock.local();
    this.#pool = new NodePool(now);
    const transport = new OnionTransport(
      { encType: options.encType ?? "xchacha20", timeoutMs: options.timeoutMs ?? 10_000 },
      { post: this.#connections.post, clock: this.#clock },
    );
    const guards = new Guards({ remembered: options.guards ?? [], random, now }, options.onGuards ?? (() => undefined));
    this.#lists = new NodeLists(
      network,
      { insecure: options.insecure ?? false, minHeight: options.height ?? 0 },
      { post: this.#connections.post, clock: this.#clock, onEvent, take: (list) => this.#take(list) },
    );
    const refresh = (signal?: AbortSignal): Promise<void> => this.#lists.refresh(signal);
    const refreshOnHint = (signal?: AbortSignal): Promise<void> => this.#lists.refreshOnHint(signal);
    const parts = { pool: this.#pool, guards, transport, onEvent, refresh };
    this.#paths = new Paths({ diversity: network.diversity, random }, parts);
    const through = { paths: this.#paths, transport, random };
    this.#servers = new ServerRequests(through);
    this.#requests = new NodeRequests(through);
    this.#files = new AttachedFiles(network.fileServer, { requests: this.#servers, deadlines: this.#deadlines });
    this.#swarm = new SwarmRequests(
      { random },
      { requests: this.#requests, swarms: this.#swarms, pool: this.#pool, clock: this.#clock, onEvent, refreshOnHint },
    );
  }

  /**
   * Asks the network's seeds who is in it. Throws ClientError as `bootstrap`: "untrusted-seed", "seeds-failed".
   */
  static async connect(network: NetworkDescription, options: ClientOptions = {}): Promise<SwarmpostClient> {
    const client = new SwarmpostClient(network, options);
    try {
      await client.refresh(options.signal === undefined ? {} : { signal: options.signal });
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
    return client;
  }

  /** Asks the seeds again; failures counted against nodes are forgotten. */
  async refresh(options: CallOptions = {}): Promise<void> {
    await this.#deadlines.run(options, (signal) => this.#lists.refresh(signal));
  }

  /**
   * Sends a text. Returns once a majority of the recipient's swarm signed that it holds the message; the recipient need
   * not be there. Throws ClientError "bad-account-id", "message-too-long", "not-stored" and what paths throw.
   */
  async send(account: Account, recipientId: string, text: string, options: SendOptions = {}): Promise<SendReceipt> {
    const recipient = parseRecipient(recipientId);
    const started = performance.now();
    const { ttlMs, attachments = [], ownCopy = false, ...call } = options;
    const [body, life] = [{ text, attachments }, ttlMs === undefined ? {} : { ttlMs }];
    const sent = await this.#deadlines.run(call, async (signal) => {
      await this.#lists.refreshWhenOld(signal);
      await this.#paths.get(undefined, signal); // Its probe tells the network's time, which the message and the store carry.
      const sentMs = this.#clock.now();
      const data = encodeMessage(account, recipient, body, sentMs);
      return { ...(await store(recipient.id, { data, signal, ...life }, this.#parts)), sentMs };
    });
    const left = { ...call, deadlineMs: this.#deadlines.leftMs(call, started) };
    const own = { body: { ...body, sentTo: recipient.id }, sentMs: sent.sentMs, ...life };
    const copy = ownCopy ? await this.#leaveCopy(account, own, left) : {};
    return { ...sent, ...copy, ms: performance.now() - started };
  }

  /**
   * Seals a file and uploads it to the network's file server: give the result to `send`. Throws ClientError
   * "no-file-server", "attachment-too-large", "server-unreachable", "server-refused".
   */
  async attach(account: Account, data: Uint8Array, options: AttachOptions = {}): Promise<Attachment> {
    return await this.#files.attach(account, data, options);
  }

  /**
   * Downloads a message's file and opens it. Only from the network's own file server, unless another one is named in
   * `trusted` (URL and key): a sender must not choose whom its reader asks. Throws ClientError "unknown-server",
   * "bad-attachment", "server-unreachable", "server-refused".
   */
  async download(attachment: Attachment, options: DownloadOptions = {}): Promise<Buffer> {
    return await this.#files.download(attachment, options);
  }

  /** The network's file server. Throws ClientError "no-file-server". */
  files(): FileServer {
    return this.#files.server();
  }

  /** Everything in an account's inbox. Throws ClientError "not-read", "refused" and what paths throw. */
  async read(account: Account, options: CallOptions = {}): Promise<InboxPage & { readonly ms: number }> {
    const started = performance.now();
    return await this.#deadlines.run(options, async (signal) => {
      await this.#lists.refreshWhenOld(signal);
      const page = await this.#inbox(account).look(signal);
      return { ...page, ms: performance.now() - started };
    });
  }

  /**
   * What is in the inbox now and then what comes, a page at a time, empty pages left out; as `follow` of `follow.ts`.
   * Ends when the signal aborts or the loop over it is left. Throws ClientError "refused".
   */
  follow(account: Account, options: FollowOptions = {}): AsyncGenerator<InboxPage, void, undefined> {
    const how = { ...options, signal: this.#deadlines.untilClosed(options.signal) };
    return this.#inbox(account).follow(how, this.#followParts(account.id));
  }

  /**
   * The inbox and some groups in one loop: each page with the group that it is of, `undefined` for the inbox. Ends as `follow`;
   * the first that fails ends all. A group that takes this account out ends alone: its last page has that as an event.
   */
  followAll(
    account: Account,
    groups: readonly GroupConversation[],
    options: FollowOptions = {},
  ): AsyncGenerator<FollowedPage, void, undefined> {
    const inbox: Start<FollowedPage> = async function* (this: SwarmpostClient, signal: AbortSignal) {
      for await (const page of this.follow(account, { ...options, signal })) yield { group: undefined, page };
    }.bind(this);
    const starts = groups.map(
      (group): Start<FollowedPage> =>
        async function* (signal) {
          for await (const page of followUntilRemoved(group, account.id, { ...options, signal })) yield { group, page };
        },
    );
    return together([inbox, ...starts], options);
  }

  /** A group (03) as one account takes part in it. Throws ClientError "bad-group-key". */
  group(account: Account, membership: Membership): GroupConversation {
    const followParts = (group: AccountId): FollowParts => this.#followParts(group);
    return new GroupConversation(account, membership, { ...this.#parts, followParts });
  }

  /**
   * A new group (03) with this account as its admin. Keep `membership`: whoever has it is an admin, and nothing else leads back.
   */
  async createGroup(
    account: Account,
    { name, description, ...call }: GroupInfoChange & CallOptions = {},
  ): Promise<{ readonly group: GroupConversation; readonly membership: Membership }> {
    const membership = { admin: createGroup() };
    const group = this.group(account, membership);
    await group.found({ ...(name !== undefined && { name }), ...(description !== undefined && { description }) }, call);
    return { group, membership };
  }

  /** Accepts an invitation or a promotion, as `read` gives it. Throws as `GroupConversation`. */
  async join(account: Account, invitation: GroupInvitation, options: CallOptions = {}): Promise<GroupConversation> {
    const group = this.group(account, invitation.membership);
    await group.accept(options);
    return group;
  }

  /** An open group server, as one account shows itself to it: by a blinded id (15 by default), or by its own key. */
  openGroup(account: Account, place: ServerPlace & { readonly blinding?: Blinding | "none" }): OpenGroup {
    const parts = { requests: this.#servers, clock: this.#clock, deadlines: this.#deadlines };
    return new OpenGroup(account, { blinding: "15", ...place }, parts);
  }

  /** Deletes messages of one's own from the whole swarm. */
  async delete(account: Account, hashes: readonly MessageHash[], options: CallOptions = {}): Promise<ChangeReceipt> {
    const remove = (signal: AbortSignal): Promise<ChangeReceipt> =>
      deleteMessages(ownCredentials(account), { hashes, signal }, this.#swarm);
    return await this.#deadlines.run(options, remove);
  }

  /**
   * The account ID of a name that is registered on the network's chain (ONS), as three nodes agree. Throws ClientError
   * "bad-name", "unknown-name" (also where there are no names, as in a private network), "names-disagree", "not-read".
   */
  async resolve(name: string, options: CallOptions = {}): Promise<AccountId> {
    const parts = { requests: this.#requests, pool: this.#pool, random: this.#random };
    return await this.#deadlines.run(options, (signal) => resolveName(name, parts, { signal }));
  }

  /** A path that works, built when there is none yet. */
  async path(options: CallOptions = {}): Promise<Path> {
    return await this.#deadlines.run(options, (signal) => this.#paths.get(undefined, signal));
  }

  /** All nodes of the network. */
  nodes(): readonly ServiceNode[] {
    return this.#pool.all();
  }

  /** What the seeds said, and how far it can be trusted. */
  nodeList(): NodeList {
    return this.#lists.current();
  }

  /** The swarm that keeps an account's messages. Throws ClientError "bad-account-id", "no-swarm". */
  swarm(accountId: string): SwarmMembership {
    return this.#swarms.of(parseRecipient(accountId).id);
  }

  /** Asks a named node through a path; any answer of it is given, whatever its status. Throws "unknown-node". */
  async request(
    node: Pubkey,
    request: RpcRequest,
    options: CallOptions = {},
  ): Promise<RpcReply & { readonly path: Path }> {
    const ask = (signal: AbortSignal) => this.#requests.send(this.#known(node), request, { signal });
    const { reply, path } = await this.#deadlines.run(options, ask);
    return { ...reply, path };
  }

  /** Whether a named member of one's swarm gives a message out. */
  async holds(node: Pubkey, account: Account, hash: MessageHash, options: CallOptions = {}): Promise<boolean> {
    const all = (signal: AbortSignal) => this.#inbox(account).allOf(this.#known(node), signal);
    return (await this.#deadlines.run(options, all)).includes(hash);
  }

  /** Network time less this computer's, ms, as answers so far show it. */
  get clockOffsetMs(): number {
    return this.#clock.offsetMs;
  }

  /** Ends what is under way: calls reject with ClientError "client-closed", followers end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#deadlines.close();
    await this.#connections[Symbol.asyncDispose]();
  }

  #inbox(account: Account): Inbox {
    return new Inbox(account, { swarm: this.#swarm, clock: this.#clock });
  }

  #followParts(account: AccountId): FollowParts {
    return {
      members: () => this.#swarms.of(account).members.map((member) => member.pubkey),
      before: () => this.#lists.refreshWhenOld(),
      onProblem: (message) => this.#options.onEvent?.({ type: "warning", message }),
    };
  }

  async #leaveCopy(
    account: Account,
    { body, sentMs, ...life }: { body: MessageBody; sentMs: number; ttlMs?: number },
    call: CallOptions,
  ): Promise<{ copy?: StoreReceipt }> {
    try {
      const data = encodeMessage(account, { id: account.id, x25519: account.x25519.publicKey }, body, sentMs);
      const leave = (signal: AbortSignal) => store(account.id, { data, signal, ...life }, this.#parts);
      return { copy: await this.#deadlines.run(call, leave) };
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      const message = `the message was sent, but its copy for your own devices was not stored: ${error.message}`;
      this.#options.onEvent?.({ type: "warning", message });
      return {};
    }
  }

  get #random(): Random {
    return this.#options.random ?? systemRandom;
  }

  get #parts(): { swarm: SwarmRequests; clock: NetworkClock; deadlines: Deadlines } {
    return { swarm: this.#swarm, clock: this.#clock, deadlines: this.#deadlines };
  }

  #known(key: Pubkey): ServiceNode {
    const node = this.#pool.get(key);
    if (node !== undefined) return node;
    throw new ClientError("unknown-node", `no node of the network has a key beginning with ${shortKey(key)}`);
  }

  #take(list: NodeList): void {
    const { onEvent } = this.#options;
    this.#pool.replace(list.nodes);
    this.#swarms.replace(list);
    this.#paths.prune();
    const { nodes, seeds, warnings } = list;
    this.#options.onHeight?.(list.height);
    onEvent?.({ type: "nodes", nodes: nodes.length, swarms: this.#swarms.count(), seeds: seeds.length });
    for (const message of warnings) onEvent?.({ type: "warning", message });
  }
}
