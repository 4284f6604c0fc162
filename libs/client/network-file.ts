import { readFile } from "node:fs/promises";
import { pubkey, type Pubkey } from "@swarmpost/crypto";
import { hexToBytes } from "@swarmpost/encoding";
import { ClientError } from "./client-error.ts";

/** A node that answers who is in the network. */
export interface Seed {
  /** Where it answers, `https://host:port`; `/json_rpc` is added. */
  readonly url: string;
  /** Its Ed25519 key; the answer's signature must be by it. */
  readonly pubkey?: Pubkey;
}

/** A file server that is reached through onions. */
export interface FileServerPlace {
  /** `http://host` or `https://host`, as the exits resolve it, without a path. */
  readonly url: string;
  /** X25519 key that its onion requests are encrypted to, 64 lower-case hex digits. */
  readonly pubkey: string;
}

/** What a client is given to trust: a network by its contract, its seeds with their keys, and what paths must avoid. */
export interface NetworkDescription {
  readonly name: string;
  /** The staking contract that decides who is a node; for people and tools, the client itself asks seeds only. */
  readonly chain?: { readonly id: number; readonly contract: string };
  readonly seeds: readonly Seed[];
  /** Where attachments go, unless the account says otherwise. */
  readonly fileServer?: FileServerPlace;
  /** Paths and destinations never have two nodes of one /24 network or one operator; off where less than four operate. */
  readonly diversity: boolean;
}

/** Reads a network file. Throws ClientError "bad-network" naming the file and what is wrong in it. */
export async function loadNetworkFile(path: string): Promise<NetworkDescription> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new ClientError("bad-network", `the network file ${path} can't be read: does it exist?`, { cause });
  }
  try {
    return parseNetwork(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof ClientError ? cause.message : "it is not JSON";
    throw new ClientError("bad-network", `the network file ${path} is wrong: ${why}`, { cause });
  }
}

/** Reads a network description that JSON.parse gave. Throws ClientError "bad-network". */
export function parseNetwork(value: unknown): NetworkDescription {
  if (typeof value !== "object" || value === null) throw bad("it is not an object");
  const { name = "unnamed", chain, seeds, fileServer, diversity = false } = value as Record<string, unknown>;
  if (typeof name !== "string") throw bad("`name` is not a text");
  if (typeof diversity !== "boolean") throw bad("`diversity` is neither true nor false");
  if (!Array.isArray(seeds) || seeds.length === 0) throw bad("`seeds` names no seed");
  return {
    name,
    seeds: distinct(seeds.map(parseSeed)),
    diversity,
    ...(chain === undefined ? {} : { chain: parseChain(chain) }),
    ...(fileServer === undefined ? {} : { fileServer: parseFileServer(fileServer) }),
  };
}

/**
 * A network known only by its seeds, each `URL` or `KEY@URL` with the seed's Ed25519 key in hex, as on a command line.
 * Throws ClientError "bad-network".
 */
export function networkFromSeeds(seeds: readonly string[]): NetworkDescription {
  if (seeds.length === 0) throw bad("no seed is given");
  return { name: "seeds", seeds: distinct(seeds.map(parseSeedText)), diversity: false };
}

/** A seed that is named twice would have two votes of a majority. */
function distinct(seeds: readonly Seed[]): readonly Seed[] {
  const names = seeds.flatMap((seed) => [seed.url, ...(seed.pubkey === undefined ? [] : [seed.pubkey])]);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw bad(`it names the seed ${twice} twice`);
  return seeds;
}

function parseSeedText(text: string): Seed {
  const key = /^(?:(https?:\/\/))?([0-9a-fA-F]{64})@(.+)$/.exec(text);
  if (key === null) return parseSeed({ url: withScheme(text) });
  return parseSeed({ url: withScheme((key[1] ?? "") + key[3]), pubkey: key[2] });
}

function withScheme(url: string): string {
  return url.includes("://") ? url : `https://${url}`;
}

function parseSeed(value: unknown): Seed {
  const { url, pubkey: key } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof url !== "string" || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw bad(`a seed's url must look like https://host:port, not ${JSON.stringify(url)}`);
  }
  const trimmed = url.replace(/\/+(json_rpc)?$/, "");
  if (key === undefined || key === null || key === "") return { url: trimmed };
  const bytes = typeof key === "string" ? hexToBytes(key, 32) : undefined;
  if (bytes === undefined) throw bad(`the key of the seed ${trimmed} is not 64 hex digits`);
  return { url: trimmed, pubkey: pubkey(bytes) };
}

function parseChain(value: unknown): { id: number; contract: string } {
  const { id, contract } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof id !== "number" || typeof contract !== "string") throw bad("`chain` needs `id` and `contract`");
  return { id, contract };
}

function parseFileServer(value: unknown): FileServerPlace {
  const { url, pubkey: key } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.pathname !== "/" || parsed.search || parsed.hash) {
    throw bad("the url of `fileServer` must look like https://host:port");
  }
  const bytes = typeof key === "string" ? hexToBytes(key, 32) : undefined;
  if (bytes === undefined) throw bad("the pubkey of `fileServer` is not 64 hex digits");
  return { url: parsed.origin, pubkey: bytes.toString("hex") };
}

function bad(message: string): ClientError {
  return new ClientError("bad-network", message);
}
