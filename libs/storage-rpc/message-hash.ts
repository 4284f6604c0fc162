import { blake2b } from "@swarmpost/crypto";
import { encodeBase64NoPad } from "@swarmpost/encoding";
import { type AccountId, accountBytes } from "./account-id.ts";
import type { Namespace } from "./namespace.ts";
import { invalidRequest } from "./rpc-error.ts";

/** A message hash as clients see it: 43 base64 characters without padding. Always computed by a node. */
export type MessageHash = string & { readonly __brand: "MessageHash" };

const SHAPE = /^[A-Za-z0-9+/]{43}$/;

/** Brands 43 base64 characters; undefined for any other shape. */
export function parseMessageHash(text: string): MessageHash | undefined {
  return SHAPE.test(text) ? (text as MessageHash) : undefined;
}

/** Brands texts, which all have to be of the shape. @throws RpcError 400. */
export function messageHashes(texts: readonly string[]): MessageHash[] {
  return texts.map((text) => {
    const hash = parseMessageHash(text);
    if (hash === undefined) throw invalidRequest(`invalid message hash: ${text}`);
    return hash;
  });
}

/**
 * BLAKE2b-256 of netid, key, namespace in decimal (nothing for 0) and data; 32 bytes. Neither time nor TTL is part of
 * it, so the same data in the same place is the same message.
 */
export function messageDigest(account: AccountId, ns: Namespace, data: Uint8Array): Buffer {
  return blake2b(32, [accountBytes(account), Buffer.from(ns === 0 ? "" : String(ns), "latin1"), data]);
}

/** The text form of a 32-byte digest. */
export function messageHashFromBytes(digest: Uint8Array): MessageHash {
  return encodeBase64NoPad(digest) as MessageHash;
}

/** {@link messageDigest} in text form. */
export function messageHash(account: AccountId, ns: Namespace, data: Uint8Array): MessageHash {
  return messageHashFromBytes(messageDigest(account, ns, data));
}

/**
 * The 32 bytes of a hash; undefined when the text has bits after the last byte: no message has such a hash, and its
 * bytes would be those of another.
 */
export function messageHashBytes(hash: MessageHash): Buffer | undefined {
  const bytes = Buffer.from(hash, "base64");
  return encodeBase64NoPad(bytes) === hash ? bytes : undefined;
}
