import { type AccountId, accountId } from "./account-id.ts";
import { DEFAULT_NAMESPACE, type Namespace, namespace } from "./namespace.ts";
import { invalidRequest, type RpcError } from "./rpc-error.ts";
import type { NamespaceOrAll } from "./signed-strings.ts";

/** Timestamps below this (in ms) are surely seconds. */
const EARLIEST_TIMESTAMP = 1_000_000_000;

const TIMESTAMP = "integer timestamp (in milliseconds)";

/** A request's `params` object before it is looked at. */
export type Params = Readonly<Record<string, unknown>>;

/**
 * Typed access to `params` with the reference server's error texts (2.11). `null` is the same as absent; fields nobody asks for are
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

  /** A safe integer. @param kind what a refusal says was expected. */
  integer(name: string, kind = "integer"): number | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isInteger(value)) throw expected(name, kind);
    if (!Number.isSafeInteger(value)) throw outOfRange(name);
    return value === 0 ? 0 : value;
  }

  /** {@link integer}, or one as decimal text, as the oldest clients write them. */
  integerOrText(name: string, kind = "integer"): number | undefined {
    const value = this.#get(name);
    if (typeof value !== "string") return this.integer(name, kind);
    if (!/^-?\d{1,20}$/.test(value)) {
      throw invalidRequest(`Invalid value given for '${name}': ${JSON.stringify(value)}`);
    }
    return new Fields({ [name]: Number(value) }).integer(name, kind);
  }

  /** Milliseconds since 1970. @param read how the number is written. */
  timestamp(
    name: string,
    read: (name: string, kind: string) => number | undefined = (...asked) => this.integer(...asked),
  ): number | undefined {
    const value = read(name, TIMESTAMP);
    if (value === undefined) return undefined;
    if (value < 0) throw expected(name, TIMESTAMP);
    if (value < EARLIEST_TIMESTAMP) {
      throw invalidRequest(`Invalid timestamp for '${name}': timestamp must be in milliseconds`);
    }
    return value;
  }

  /** `pubkey`, or `pubKey` as the oldest clients write it. */
  account(): AccountId {
    return accountId(this.exactlyOneOfAliases("pubkey", "pubKey"));
  }

  namespace(): Namespace {
    const value = this.integer("namespace", "16-bit integer");
    return value === undefined ? DEFAULT_NAMESPACE : namespace(value);
  }

  /** A namespace, or `"all"`. */
  namespaceOrAll(): NamespaceOrAll {
    const value = this.#get("namespace");
    if (value === "all") return "all";
    const number = this.integer("namespace", 'integer or "all"');
    return number === undefined ? DEFAULT_NAMESPACE : namespace(number);
  }

  /**
   * Times in milliseconds since 1970, none to `most`; a single one may stand without its list. The reference takes seconds
   * here, which are long past.
   */
  timestamps(name: string, most: number): number[] {
    const list = this.#list(name, most, "timestamps");
    return list.map((item) => {
      if (typeof item !== "number" || !Number.isSafeInteger(item) || item < 0) throw expected(name, "timestamp array");
      return item;
    });
  }

  /** Integers, none when absent; a single one may stand without its list. */
  integers(name: string): number[] {
    const value = this.#get(name) ?? [];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.map((item) => {
      if (typeof item !== "number" || !Number.isSafeInteger(item)) throw expected(name, "integer array");
      return item;
    });
  }

  /** None to `most` texts; a single one may stand without its list. @param what named when there are more. */
  strings(name: string, most: number, what: string): string[] {
    return this.#list(name, most, what).map((item) => {
      if (typeof item !== "string") throw expected(name, "string array");
      return item;
    });
  }

  /** `messages`: 1 to `most` texts where message hashes are meant; a single one may stand without its list. */
  messages(most: number): string[] {
    const texts = this.strings("messages", most, "message hashes");
    if (texts.length === 0) throw invalidRequest("messages does not contain any message hashes");
    return texts;
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

  /** A text under its name or an old one. */
  exactlyOneOfAliases(name: string, old: string): string {
    const text = this.atMostOne(name, old, (each) => this.string(each));
    if (text === undefined) throw missing(name);
    return text;
  }

  atMostOne<T>(first: string, second: string, read: (name: string) => T | undefined): T | undefined {
    if (this.has(first) && this.has(second)) throw invalidRequest(`Cannot specify both '${first}' and '${second}'`);
    return read(this.has(first) ? first : second);
  }

  /** None to `most` items; a single one may stand without its list. */
  #list(name: string, most: number, what: string): unknown[] {
    const value = this.required(name, (field) => this.#get(field));
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (list.length > most) throw expected(name, `at most ${most} ${what}`);
    return list;
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#params, name) ? (this.#params[name] ?? undefined) : undefined;
  }
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
