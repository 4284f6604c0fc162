import type { EncType, Pubkey } from "@swarmpost/crypto";
import type { AccountId, MessageHash } from "@swarmpost/storage-rpc";
import type { Account } from "./account.ts";
import { parseRecipient } from "./account-id.ts";
import { type Attachment, type AttachmentFormat, openAttachment, sealAttachment } from "./attachments/attachment.ts";
import { FileServer, type KeepFor } from "./attachments/file-server.ts";
import { formatFileUrl, parseFileUrl } from "./attachments/file-url.ts";
import type { NodeList } from "./bootstrap.ts";
import { ClientError } from "./client-error.ts";
import type { OnEvent } from "./client-event.ts";
import { ownCredentials } from "./credentials.ts";
import { type DeleteReceipt, deleteMessages } from "./delete-messages.ts";
import { follow, type FollowOptions, type FollowParts } from "./follow.ts";
import { GroupConversation, type Membership } from "./groups/group-conversation.ts";
import { Guards } from "./guards.ts";
import { HttpsConnections } from "./https-post.ts";
import { inboxOf, type InboxPage } from "./inbox.ts";
import type { Mailbox } from "./mailbox.ts";
import { encodeMessage, type MessageBody, type TextMessage } from "./message.ts";
import { NetworkClock } from "./network-clock.ts";
import type { FileServerPlace, NetworkDescription } from "./network-file.ts";
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
  /** This computer's clock, unix ms. */
  readonly now?: () => number;
  readonly random?: Random;
}

/** What goes with a text. */
export interface SendOptions {
  /** How long the message waits at most, ms; 14 days by default. */
  readonly ttlMs?: number;
  /** Files, as `attach` gives them. */
  readonly attachments?: readonly Attachment[];
  /** Leaves a copy in the sender's own swarm, for its other devices (Session's sync message). */
  readonly ownCopy?: boolean;
}

/** How a file is attached. */
export interface AttachOptions extends KeepFor {
  readonly name?: string;
  /** Media type. */
  readonly type?: string;
  /** `legacy` by default, which every Session client reads. */
  readonly format?: AttachmentFormat;
}

/** A sent message. */
export interface SendReceipt extends StoreReceipt {
  /** The sender's own copy; absent when none was wanted, or it could not be stored, which is told as a warning. */
  readonly copy?: StoreReceipt;
  readonly sentMs: number;
  /** From the first try to the answer, ms. */
  readonly ms: number;
}

/**
 * A connection to a network for any number of accounts. Make one with `SwarmpostClient.connect`, dispose of it in the
 * end. Every request goes through a path of three nodes to a fourth.
 */
export class SwarmpostClient implements AsyncDisposable {
  readonly #network: NetworkDescription;
  readonly #options: ClientOptions;
  readonly #connections = new HttpsConnections();
  readonly #clock: NetworkClock;
  readonly #pool: NodePool;
  readonly #swarms = new Swarms();
  readonly #paths: Paths;
  readonly #requests: NodeRequests;
  readonly #swarm: SwarmRequests;
  readonly #servers: ServerRequests;
  readonly #lists: NodeLists;

  private constructor(network: NetworkDescription, options: ClientOptions) {
    this.#network = network;
    this.#options = options;
    const random = options.random ?? systemRandom;
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
    const refresh = (): Promise<void> => this.refresh();
    const refreshOnHint = (): Promise<void> => this.#lists.refreshOnHint();
    const parts = { pool: this.#pool, guards, transport, onEvent, refresh };
    this.#paths = new Paths({ diversity: network.diversity, random }, parts);
    this.#servers = new ServerRequests(this.#paths, transport);
    this.#requests = new NodeRequests(this.#paths, transport);
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
      await client.refresh();
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
    return client;
  }

  /** Asks the seeds again; failures counted against nodes are forgotten. */
  async refresh(): Promise<void> {
    await this.#lists.refresh();
  }

  /**
   * Sends a text. Returns once a majority of the recipient's swarm signed that it holds the message; the recipient need
   * not be there. Throws ClientError "bad-account-id", "message-too-long", "not-stored" and what paths throw.
   */
  async send(account: Account, recipientId: string, text: string, options: SendOptions = {}): Promise<SendReceipt> {
    const recipient = parseRecipient(recipientId);
    await this.#lists.refreshWhenOld();
    const started = performance.now();
    await this.#paths.get(); // Its probe tells the network's time, which the message and the store carry.
    const sentMs = this.#clock.now();
    const { ttlMs, attachments = [], ownCopy = false } = options;
    const ttl = ttlMs === undefined ? {} : { ttlMs };
    const body = { text, attachments };
    const data = encodeMessage(account, recipient, body, sentMs);
    const receipt = await store(recipient.id, { data, ...ttl }, this.#storing);
    const copy = ownCopy ? await this.#leaveCopy(account, { ...body, sentTo: recipient.id }, { sentMs, ...ttl }) : {};
    return { ...receipt, ...copy, sentMs, ms: performance.now() - started };
  }

  /**
   * Seals a file and uploads it to the network's file server: give the result to `send`. Throws ClientError
   * "no-file-server", "attachment-too-large", "server-unreachable", "server-refused".
   */
  async attach(account: Account, data: Uint8Array, options: AttachOptions = {}): Promise<Attachment> {
    const { format = "legacy", name, type, ...keep } = options;
    const place = this.#fileServer();
    const { file, keys } = await sealAttachment(data, { format, seed: account.ed25519.secretKey.subarray(0, 32) });
    const { id } = await this.files().upload(file, keep);
    const { url: server, pubkey: key } = place;
    const url = formatFileUrl({ server, id, pubkey: key, deterministic: format === "stream" });
    return { url, ...keys, ...(name === undefined ? {} : { name }), ...(type === undefined ? {} : { type }) };
  }

  /**
   * Downloads a message's file and opens it. Only from the network's own file server, unless another one is named in
   * `trusted` (URL and key): a sender must not choose whom its reader asks. Throws ClientError "unknown-server",
   * "bad-attachment", "server-unreachable", "server-refused".
   */
  async download(attachment: Attachment, options: { trusted?: readonly ServerPlace[] } = {}): Promise<Buffer> {
    const { server, id } = parseFileUrl(attachment.url);
    const { fileServer } = this.#network;
    const places = [...(fileServer === undefined ? [] : [fileServer]), ...(options.trusted ?? [])];
    const place = places.find(({ url }) => new URL(url).origin === server);
    if (place === undefined) throw new ClientError("unknown-server", `the file is on ${server}, which is not trusted`);
    return await openAttachment(await new FileServer(place, this.#servers).download(id), attachment);
  }

  /** The network's file server. Throws ClientError "no-file-server". */
  files(): FileServer {
    return new FileServer(this.#fileServer(), this.#servers);
  }

  /** Everything in an account's inbox. Throws ClientError "not-read", "refused" and what paths throw. */
  async read(account: Account): Promise<InboxPage & { readonly ms: number }> {
    await this.#lists.refreshWhenOld();
    const started = performance.now();
    const page = await this.#inbox(account).look();
    return { ...page, ms: performance.now() - started };
  }

  /**
   * What is in the inbox now and then what comes, a page at a time, empty pages left out; as `follow` of `follow.ts`.
   * Ends when the signal aborts or the loop over it is left. Throws ClientError "refused".
   */
  follow(account: Account, options: FollowOptions = {}): AsyncGenerator<InboxPage, void, undefined> {
    return follow(this.#inbox(account), options, this.#followParts(account.id));
  }

  /** A group (03) as one account takes part in it. Throws ClientError "bad-group-key". */
  group(account: Account, membership: Membership): GroupConversation {
    const followParts = (group: AccountId): FollowParts => this.#followParts(group);
    return new GroupConversation(account, membership, { ...this.#storing, followParts });
  }

  /** An open group server, as one account shows itself to it: by a blinded id (15 by default), or by its own key. */
  openGroup(account: Account, place: ServerPlace & { readonly blinding?: Blinding | "none" }): OpenGroup {
    const parts = { requests: this.#servers, clock: this.#clock };
    return new OpenGroup(account, { blinding: "15", ...place }, parts);
  }

  /** Deletes messages of one's own from the whole swarm. */
  async delete(account: Account, hashes: readonly MessageHash[]): Promise<DeleteReceipt> {
    return await deleteMessages(ownCredentials(account), hashes, this.#swarm);
  }

  /** A path that works, built when there is none yet. */
  async path(): Promise<Path> {
    return await this.#paths.get();
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
  async request(node: Pubkey, request: RpcRequest): Promise<RpcReply & { readonly path: Path }> {
    const { reply, path } = await this.#requests.send(this.#known(node), request);
    return { ...reply, path };
  }

  /** Whether a named member of one's swarm gives a message out. */
  async holds(node: Pubkey, account: Account, hash: MessageHash): Promise<boolean> {
    return (await this.#inbox(account).allOf(this.#known(node))).includes(hash);
  }

  /** Network time less this computer's, ms, as answers so far show it. */
  get clockOffsetMs(): number {
    return this.#clock.offsetMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections[Symbol.asyncDispose]();
  }

  #inbox(account: Account): Mailbox<TextMessage> {
    return inboxOf(account, { swarm: this.#swarm, clock: this.#clock });
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
    body: MessageBody,
    { sentMs, ttlMs }: { sentMs: number; ttlMs?: number },
  ): Promise<{ copy?: StoreReceipt }> {
    try {
      const data = encodeMessage(account, { id: account.id, x25519: account.x25519.publicKey }, body, sentMs);
      return { copy: await store(account.id, { data, ...(ttlMs === undefined ? {} : { ttlMs }) }, this.#storing) };
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      const message = `the message was sent, but its copy for your own devices was not stored: ${error.message}`;
      this.#options.onEvent?.({ type: "warning", message });
      return {};
    }
  }

  get #storing(): { swarm: SwarmRequests; clock: NetworkClock } {
    return { swarm: this.#swarm, clock: this.#clock };
  }

  #fileServer(): FileServerPlace {
    const { fileServer } = this.#network;
    if (fileServer !== undefined) return fileServer;
    throw new ClientError("no-file-server", "the network file names no file server, so files can't be attached");
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
