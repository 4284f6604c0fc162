import { blake2b, sign } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import type { Account } from "../account.ts";
import { blindedKey, type Blinding } from "./blinded-key.ts";

/** A request to an open group server, as far as it is signed. */
export interface SignedRequest {
  readonly method: string;
  /** Path with query, percent-decoded. */
  readonly path: string;
  readonly body?: Uint8Array;
  /** Unix seconds. */
  readonly timestamp: number;
  /** 16 bytes, never used twice. */
  readonly nonce: Uint8Array;
}

/** An account as an open group server knows it. */
export interface OpenGroupIdentity {
  /** 66 hex: `15…`, `25…`, or `00` and the Ed25519 key. */
  readonly id: string;
  readonly sign: (message: Uint8Array) => Buffer;
}

/** The identity of an account on a server: blinded, or its own key where the server wants that. */
export function openGroupIdentity(
  account: Account,
  serverKey: Uint8Array,
  blinding: Blinding | "none",
): OpenGroupIdentity {
  if (blinding !== "none") return blindedKey(account, serverKey, blinding);
  const { publicKey, secretKey } = account.ed25519;
  return { id: `00${publicKey.toString("hex")}`, sign: (message) => sign(message, secretKey) };
}

/** What the signature of a request is over: server's key, nonce, time, method, path, and the hash of a body. */
export function signedBytes(serverKey: Uint8Array, request: SignedRequest): Buffer {
  const { method, path, body, timestamp, nonce } = request;
  const hash = body === undefined || body.length === 0 ? Buffer.alloc(0) : blake2b(64, body);
  return Buffer.concat([serverKey, nonce, Buffer.from(`${timestamp}${method}${path}`), hash]);
}

/** The four `X-SOGS-` headers of a request (client-protocol section 10). */
export function openGroupHeaders(
  identity: OpenGroupIdentity,
  serverKey: Uint8Array,
  request: SignedRequest,
): Record<string, string> {
  return {
    "X-SOGS-Pubkey": identity.id,
    "X-SOGS-Timestamp": String(request.timestamp),
    "X-SOGS-Nonce": encodeBase64(request.nonce),
    "X-SOGS-Signature": encodeBase64(identity.sign(signedBytes(serverKey, request))),
  };
}
