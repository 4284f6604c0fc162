import assert from "node:assert/strict";
import type { ServiceNode } from "@swarmpost/client";
import { encodeBase64 } from "@swarmpost/encoding";
import { messageHash, namespace } from "@swarmpost/storage-rpc";
import type { Signer } from "./account.ts";
import type { Answer, Caller } from "./caller.ts";

/** A message as `retrieve` gives it. */
export interface Retrieved {
  readonly hash: string;
  readonly timestamp: number;
  readonly expiration: number;
  readonly data: string;
}

/** The body of an answer to `retrieve`. */
export interface Page {
  readonly messages: readonly Retrieved[];
  readonly more: boolean;
  readonly t: number;
  readonly hf: readonly number[];
}

const day = 86_400_000;

/** Parameters of a `store` that is not signed; `more` overrides and adds. */
export function unsignedStore(account: Signer, data: string | Uint8Array, more: object = {}): Record<string, unknown> {
  const bytes = Buffer.from(data as string);
  return { pubkey: account.id, timestamp: Date.now(), ttl: day, data: encodeBase64(bytes), ...more };
}

/** Parameters of a signed `store`; the namespace and timestamp of `more` are signed. */
export function signedStore(account: Signer, data: string | Uint8Array, more: object = {}): Record<string, unknown> {
  const params = unsignedStore(account, data, more);
  const time = (params["sig_timestamp"] ?? params["timestamp"]) as number;
  return { ...params, ...account.credentials, signature: account.sign("store", written(params["namespace"]), time) };
}

/** Parameters of a signed `retrieve`; the namespace and timestamp of `more` are signed. */
export function signedRetrieve(account: Signer, more: object = {}): Record<string, unknown> {
  const params: Record<string, unknown> = { pubkey: account.id, timestamp: Date.now(), ...more };
  const signature = account.sign("retrieve", written(params["namespace"]), params["timestamp"] as number);
  return { ...params, ...account.credentials, signature };
}

/** Parameters of any method, signed over the given parts. */
export function signedParams(
  account: Signer,
  parts: readonly (string | number | Uint8Array)[],
  params: object,
): Record<string, unknown> {
  return { pubkey: account.id, ...params, ...account.credentials, signature: account.sign(...parts) };
}

/** A namespace as signatures have it: nothing for the default one. */
export function written(ns: unknown): string {
  return ns === undefined || ns === 0 ? "" : String(ns);
}

/** The hash that a message must have. */
export function hashOf(account: Signer, data: string | Uint8Array, ns = 0): string {
  return messageHash(account.id, namespace(ns), Buffer.from(data as string));
}

/** Stores a message (signed) and gives its hash. */
export async function stored(
  rpc: Caller,
  account: Signer,
  data: string | Uint8Array,
  more: object = {},
): Promise<string> {
  const answer = await rpc.call<{ hash: string }>("store", signedStore(account, data, more));
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.hash;
}

/** Reads a page, signed, which must succeed. */
export async function retrieved(rpc: Caller, account: Signer, more: object = {}, from?: ServiceNode): Promise<Page> {
  const answer = await rpc.call<Page>("retrieve", signedRetrieve(account, more), from);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

/** The hashes of a page, in its order. */
export function hashesOf(page: Page | Answer<Page>): string[] {
  const { messages } = "body" in page ? page.body : page;
  return messages.map((message) => message.hash);
}

/** That an answer is a refusal in these words. */
export function assertRefused(answer: Answer, status: number, text: string): void {
  assert.deepEqual([answer.status, answer.body], [status, text]);
}

/** A message of a series. */
export interface Series {
  readonly hash: string;
  readonly timestamp: number;
  readonly expiry: number;
}

/** Stores messages one after the other, each with a timestamp and an end a second before those of the one before it. */
export async function storedSeries(rpc: Caller, account: Signer, count: number): Promise<Series[]> {
  const now = Date.now();
  const series: Series[] = [];
  for (let i = 0; i < count; i++) {
    const timestamp = now - i * 1_000;
    const hash = await stored(rpc, account, `omg123${i}`, { timestamp, ttl: 60_000, sig_timestamp: now });
    series.push({ hash, timestamp, expiry: timestamp + 60_000 });
  }
  return series;
}
