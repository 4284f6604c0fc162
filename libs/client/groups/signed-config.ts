import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { sign, verify } from "@swarmpost/crypto";
import { type AccountId, accountKey, type MessageHash, type Namespace, namespace } from "@swarmpost/storage-rpc";
import { ClientError } from "../client-error.ts";
import { type ConfigDomain, openConfig, sealConfig } from "../config-cipher.ts";
import type { ConfigDict } from "../config/config-diff.ts";
import { changeConfig, type ConfigMessage, joinConfigs, liveOf, parseConfig } from "../config/config-message.ts";
import type { Credentials } from "../credentials.ts";
import { deleteMessages } from "../change-messages.ts";
import { Mailbox } from "../mailbox.ts";
import type { NetworkClock } from "../network-clock.ts";
import { store } from "../store.ts";
import type { SwarmRequests } from "../swarm-requests.ts";
import type { Group } from "./group.ts";

const COMPRESSED = 0x7a;
const MAX_CONFIG = 1024 * 1024;
/** So many messages are kept that can't be opened yet, and as many that are replaced: then the oldest are given up. */
const MAX_SURPLUS = 200;

/** Which of a group's configs: its namespace and the name that its seal has. */
export const GROUP_CONFIGS = {
  info: { namespace: namespace(13), domain: "groups::Info" },
  members: { namespace: namespace(14), domain: "groups::Members" },
} as const satisfies Record<string, { namespace: Namespace; domain: ConfigDomain }>;

/** Whose config, and what opens and signs it. */
export interface SignedConfigOptions {
  readonly group: AccountId;
  readonly kind: keyof typeof GROUP_CONFIGS;
  readonly credentials: Credentials;
  /** Set for whoever may change it. */
  readonly admin: Group | undefined;
  /** The group's keys that are known now, the latest last. */
  readonly keys: () => readonly Buffer[];
}

/** Seals a group's config message: compressed when that makes it smaller, under the group's key. */
export function sealGroupConfig(key: Uint8Array, kind: keyof typeof GROUP_CONFIGS, bytes: Buffer): Buffer {
  const compressed = Buffer.concat([Buffer.of(COMPRESSED), zstdCompressSync(bytes)]);
  return sealConfig(key, GROUP_CONFIGS[kind].domain, compressed.length < bytes.length ? compressed : bytes);
}

/** Opens and reads one with whichever key fits. Throws ClientError "unreadable-message". */
export function openGroupConfig(
  group: AccountId,
  kind: keyof typeof GROUP_CONFIGS,
  keys: readonly Buffer[],
  sealed: Uint8Array,
): ConfigMessage {
  const opened = keys.flatMap((key) => {
    const config = openConfigIfSealed(key, kind, sealed);
    return config === undefined ? [] : [config];
  });
  const [config] = opened;
  if (config === undefined) throw unreadable("it was not sealed with a key of this group that is known here");
  const bytes = config[0] === COMPRESSED ? inflate(config.subarray(1)) : config;
  return parseConfig(bytes, (message, signature) => verify(signature, message, accountKey(group)));
}

/**
 * One of a group's configs as one account sees it: every version that the swarm holds is read, and which one counts follows
 * from what they say. Changes are an admin's; what a change replaces is deleted. Any member can store something beside them,
 * which pushes none of them out.
 */
export class SignedConfig {
  readonly #options: SignedConfigOptions;
  readonly #parts: { swarm: SwarmRequests; clock: NetworkClock };
  readonly #mailbox: Mailbox<{ data: Buffer; sentMs: number }>;
  /** Versions that the group signed. */
  readonly #versions = new Map<MessageHash, ConfigMessage>();
  /** What can't be read: its key may come, or it was never a config. */
  readonly #closed = new Map<MessageHash, Buffer>();

  constructor(options: SignedConfigOptions, parts: { swarm: SwarmRequests; clock: NetworkClock }) {
    this.#options = options;
    this.#parts = parts;
    const { credentials, kind } = options;
    const decode = (data: Buffer): { data: Buffer; sentMs: number } => ({ data, sentMs: 0 });
    this.#mailbox = new Mailbox({ credentials, namespace: GROUP_CONFIGS[kind].namespace, decode }, parts);
  }

  /** What it says now; empty before anyone wrote it. Throws as `Mailbox.look`. */
  async read(signal: AbortSignal): Promise<ConfigDict> {
    await this.#look(signal);
    return this.#joined().data;
  }

  /** The messages that it is made of now, as the swarm holds them. Throws as `Mailbox.look`. */
  async hashes(signal: AbortSignal): Promise<readonly MessageHash[]> {
    await this.#look(signal);
    const live = this.#live();
    return [...this.#versions].flatMap(([hash, version]) => (live.has(version) ? [hash] : []));
  }

  /** Changes it in the whole swarm. Throws ClientError "bad-group-key" when not an admin's, and as `store`. */
  async change(change: (data: ConfigDict) => void, signal: AbortSignal): Promise<void> {
    const { admin, keys, credentials, kind } = this.#options;
    const key = keys().at(-1);
    if (admin === undefined || key === undefined) {
      throw new ClientError("bad-group-key", "only an admin of the group who has its key can do that");
    }
    await this.#look(signal);
    const { bytes, config } = changeConfig(this.#joined(), change, (message) => sign(message, admin.secretKey));
    const data = sealGroupConfig(key, kind, bytes);
    const place = { credentials, namespace: GROUP_CONFIGS[kind].namespace };
    const { hash } = await store(place, { data, signal }, this.#parts);
    const replaced = [...this.#versions.keys()].filter((each) => each !== hash);
    this.#versions.set(hash, config);
    await this.#delete(replaced, signal);
  }

  /** What is replaced does no harm while it is there: what could not be deleted is tried again with the next change. */
  async #delete(hashes: readonly MessageHash[], signal: AbortSignal): Promise<void> {
    if (hashes.length === 0) return;
    try {
      await deleteMessages(this.#options.credentials, { hashes, signal }, this.#parts.swarm);
      for (const hash of hashes) this.#versions.delete(hash);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { messages } = await this.#mailbox.look(signal);
    for (const { hash, data } of messages) this.#closed.set(hash, data);
    for (const [hash, sealed] of this.#closed) {
      const version = this.#open(sealed);
      if (version === undefined) continue;
      this.#closed.delete(hash);
      this.#versions.set(hash, version);
    }
    const live = this.#live();
    const replaced = [...this.#versions].filter(([, version]) => !live.has(version)).map(([hash]) => hash);
    for (const hash of surplusOf(replaced)) this.#versions.delete(hash);
    for (const hash of surplusOf([...this.#closed.keys()])) this.#closed.delete(hash);
  }

  #open(sealed: Buffer): ConfigMessage | undefined {
    const { group, kind, keys } = this.#options;
    try {
      return openGroupConfig(group, kind, keys(), sealed);
    } catch (error) {
      if (error instanceof ClientError) return undefined;
      throw error;
    }
  }

  /** The versions that count. */
  #live(): ReadonlySet<ConfigMessage> {
    return new Set(liveOf([...this.#versions.values()]));
  }

  #joined(): ConfigMessage {
    return joinConfigs([...this.#versions.values()], { canSign: this.#options.admin !== undefined });
  }
}

function surplusOf(hashes: readonly MessageHash[]): readonly MessageHash[] {
  return hashes.slice(0, Math.max(0, hashes.length - MAX_SURPLUS));
}

function openConfigIfSealed(key: Buffer, kind: keyof typeof GROUP_CONFIGS, sealed: Uint8Array): Buffer | undefined {
  try {
    return openConfig(key, GROUP_CONFIGS[kind].domain, sealed);
  } catch (error) {
    if (error instanceof ClientError) return undefined;
    throw error;
  }
}

function inflate(bytes: Buffer): Buffer {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: MAX_CONFIG });
  } catch (cause) {
    throw unreadable("it can't be decompressed", cause);
  }
}

function unreadable(why: string, cause?: unknown): ClientError {
  return new ClientError("unreadable-message", `a group's config can't be read: ${why}`, { cause });
}
