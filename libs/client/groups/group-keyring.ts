import { randomBytes } from "@swarmpost/crypto";
import { type AccountId, type MessageHash, namespace } from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import { ClientError } from "../client-error.ts";
import type { Credentials } from "../credentials.ts";
import { Mailbox } from "../mailbox.ts";
import type { NetworkClock } from "../network-clock.ts";
import { store, type StoreReceipt } from "../store.ts";
import type { SwarmRequests } from "../swarm-requests.ts";
import type { Group } from "./group.ts";
import { type GroupKey, openGroupKey, sealGroupKey } from "./group-keys.ts";

const KEYS = namespace(12);

/** Whose keys, and what reads their messages. */
export interface GroupKeyringOptions {
  readonly group: AccountId;
  readonly credentials: Credentials;
  readonly reader: { readonly member: Account } | { readonly admin: Group };
}

/** The keys of a group that were given to one account. */
export class GroupKeyring {
  readonly #options: GroupKeyringOptions;
  readonly #parts: { swarm: SwarmRequests; clock: NetworkClock };
  readonly #mailbox: Mailbox<GroupKey & { sentMs: number }>;
  readonly #hashes = new Set<MessageHash>();
  /** By generation; one is added, none replaced. */
  #keys: readonly GroupKey[] = [];

  constructor(options: GroupKeyringOptions, parts: { swarm: SwarmRequests; clock: NetworkClock }) {
    this.#options = options;
    this.#parts = parts;
    const { credentials } = options;
    this.#mailbox = new Mailbox({ credentials, namespace: KEYS, decode: (data) => this.#read(data) }, parts);
  }

  /** The keys that are known, the latest last. */
  all(): readonly Buffer[] {
    return this.#keys.map(({ key }) => key);
  }

  /** The messages that gave them. */
  hashes(): readonly MessageHash[] {
    return [...this.#hashes];
  }

  /** The generation of the latest key; −1 before one was given to this account. */
  get generation(): number {
    return this.#keys.at(-1)?.generation ?? -1;
  }

  /** The key in use. Throws ClientError "bad-group-key" while none was given to this account. */
  current(): Buffer {
    const key = this.#keys.at(-1);
    if (key !== undefined) return key.key;
    throw new ClientError("bad-group-key", "nobody has given this account the group's key yet");
  }

  /** Looks for keys that came. Throws as `Mailbox.look`. */
  async load(signal: AbortSignal): Promise<void> {
    const { messages } = await this.#mailbox.look(signal);
    for (const { hash } of messages) this.#hashes.add(hash);
    this.#learn(messages);
  }

  /** Makes the next key and gives it to these members and to admins. Throws as `store`. */
  async rotate(admin: Group, memberIds: readonly string[], signal: AbortSignal): Promise<StoreReceipt> {
    await this.load(signal);
    const fresh = { generation: this.generation + 1, key: randomBytes(32) };
    const { credentials } = this.#options;
    const data = sealGroupKey(admin, memberIds, fresh);
    const receipt = await store({ credentials, namespace: KEYS }, { data, signal }, this.#parts);
    this.#hashes.add(receipt.hash);
    this.#learn([fresh]);
    return receipt;
  }

  #learn(found: readonly GroupKey[]): void {
    const known = ({ generation, key }: GroupKey): boolean =>
      this.#keys.some((each) => each.generation === generation && each.key.equals(key));
    this.#keys = [...this.#keys, ...found.filter((each) => !known(each))].sort((a, b) => a.generation - b.generation);
  }

  #read(data: Buffer): GroupKey & { sentMs: number } {
    const key = openGroupKey(this.#options.group, this.#options.reader, data);
    if (key === undefined) throw new ClientError("unreadable-message", "it holds no key for this account");
    return { ...key, sentMs: key.generation };
  }
}
