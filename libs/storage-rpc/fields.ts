import { decodeBase64, hexToBytes } from "@swarmpost/encoding";
import { type AccountId, accountId } from "./account-id.ts";
import { type MessageHash, parseMessageHash } from "./message-hash.ts";
import { DEFAULT_NAMESPACE, type Namespace, namespace } from "./namespace.ts";
import { invalidRequest, type RpcError } from "./rpc-error.ts";
import type { NamespaceOrAll } from "./signed-strings.ts";

/** Timestamps below this (in ms) are surely seconds. */
const EARLIEST_TIMESTAMP = 1_000_000_000;

/** A request's `params` object before it is looked at. */
export type Params = Readonly<Record<string, unknown>>;

/**
 * Typed access to `params` with upstream's error texts. `null` is the same as absent; fields nobody asks for are
 * ignored, as clients send some. Every method throws {@link RpcError} 400.
 */
export class Fields {
  readonly #params: Params;

  constructor(params: Params) {
    this.#params = params;
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  /** Whatever is there. */
  any(name: string): unknown {
    return this.#get(name);
  }

  string(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined || typeof value === "string") return value;
    throw expected(name, "string");
  }

  boolean(name: string): boolean | undefined {
    const value = this.#get(name);
    if (value === undefined || typeof value === "boolean") return value;
    throw expected(name, "boolean");
  }

  /** A safe integer; with `orText` also as decimal text. */
  integer(name: string, orText?: "or-text"): number | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    const isText = orText === "or-text" && typeof value === "string" && /^-?\d{1,20}$/.test(value);
    const number = isText ? Number(value) : value;
    if (typeof number !== "number" || !Number.isInteger(number)) throw expected(name, "integer");
    if (!Number.isSafeInteger(number)) throw outOfRange(name);
    return number === 0 ? 0 : number;
  }

  /** Milliseconds since 1970; with `orText` also as decimal text. */
  timestamp(name: string, orText?: "or-text"): number | undefined {
    const value = this.integer(name, orText);
    if (value === undefined) return undefined;
    if (value < 0) throw outOfRange(name);
    if (value < EARLIEST_TIMESTAMP) {
      throw invalidRequest(`Invalid timestamp for '${name}': timestamp must be in milliseconds`);
    }
    return value;
  }

  /** `pubkey`, or `pubKey` as the oldest clients write it. */
  account(): AccountId {
    return accountId(this.exactlyOne("pubkey", "pubKey", (name) => this.string(name)));
  }

  namespace(): Namespace {
    const value = this.integer("namespace");
    return value === undefined ? DEFAULT_NAMESPACE : namespace(value);
  }

  /** A namespace, or `"all"`. */
  namespaceOrAll(): NamespaceOrAll {
    const value = this.#get("namespace");
    if (value === "all") return "all";
    if (typeof value === "string") throw expected("namespace", 'integer or "all"');
    return this.namespace();
  }

  /** 1 to `most` times in milliseconds since 1970; a single one may stand without its list. */
  timestamps(name: string, most: number): number[] {
    const items = this.#list(name, most, "timestamps");
    return items
      .map((item) => new Fields({ [name]: item }))
      .map((one) => one.required(name, () => one.timestamp(name)));
  }

  /** 64 hex digits of an Ed25519 key, in either case. */
  ed25519Key(name: string): Buffer | undefined {
    const text = this.string(name);
    if (text === undefined) return undefined;
    const key = hexToBytes(text, 32);
    if (!key) throw expected(name, "64 hex digits (32 bytes)");
    return key;
  }

  /** Base64 of exactly 64 bytes, with or without padding. */
  signature(name: string): Buffer | undefined {
    const text = this.string(name);
    if (text === undefined) return undefined;
    const bytes = decodeBase64(text);
    if (bytes?.length !== 64) throw expected(name, "base64-encoded signature (64 bytes)");
    return bytes;
  }

  /** Base64 (48 characters) or hex (72) of a 36-byte subaccount token. */
  subaccountToken(name: string): Buffer | undefined {
    const text = this.string(name);
    return text === undefined ? undefined : readToken(text, name);
  }

  /** 1 to `most` subaccount tokens; a single one may stand without its list. */
  subaccountTokens(name: string, most: number): Buffer[] {
    return this.#list(name, most, "subaccount tokens").map((item) => {
      if (typeof item !== "string") throw expected(name, "subaccount token (36 bytes)");
      return readToken(item, name);
    });
  }

  /** 1 to `most` message hashes; a single one may stand without its list. */
  hashes(name: string, most: number): MessageHash[] {
    return this.#list(name, most, "message hashes").map((item) => {
      const hash = typeof item === "string" ? parseMessageHash(item) : undefined;
      if (!hash) throw expected(name, "message hash");
      return hash;
    });
  }

  /** 1 to `most` texts where message hashes are meant; a single one may stand without its list. */
  strings(name: string, most: number): string[] {
    return this.#list(name, most, "message hashes").map((item) => {
      if (typeof item !== "string") throw expected(name, "message hash");
      return item;
    });
  }

  required<T>(name: string, read: (name: string) => T | undefined): T {
    const value = read(name);
    if (value === undefined) throw missing(name);
    return value;
  }

  exactlyOne<T>(first: string, second: string, read: (name: string) => T | undefined): T {
    const value = this.atMostOne(first, second, read);
    if (value === undefined) throw invalidRequest(`Required field '${first}' or '${second}' missing`);
    return value;
  }

  atMostOne<T>(first: string, second: string, read: (name: string) => T | undefined): T | undefined {
    if (this.has(first) && this.has(second)) throw invalidRequest(`Cannot specify both '${first}' and '${second}'`);
    return read(this.has(first) ? first : second);
  }

  /** 1 to `most` items; a single one may stand without its list. */
  #list(name: string, most: number, what: string): unknown[] {
    const value = this.required(name, (field) => this.#get(field));
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (list.length === 0) throw missing(name);
    if (list.length > most) throw expected(name, `at most ${most} ${what}`);
    return list;
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#params, name) ? (this.#params[name] ?? undefined) : undefined;
  }
}

function readToken(text: string, name: string): Buffer {
  const bytes = text.length === 72 ? hexToBytes(text, 36) : decodeBase64(text);
  if (bytes?.length !== 36) throw expected(name, "subaccount token (36 bytes)");
  return bytes;
}

function missing(name: string): RpcError {
  return invalidRequest(`Required field '${name}' missing`);
}

function expected(name: string, kind: string): RpcError {
  return invalidRequest(`Invalid value given for '${name}': expected ${kind}`);
}

function outOfRange(name: string): RpcError {
  return invalidRequest(`Invalid value given for '${name}': value out of range`);
}
