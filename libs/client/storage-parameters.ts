import { sign } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import {
  type AccountId,
  type MessageHash,
  namespace,
  PUBLIC_INBOX_MAX_TTL_MS,
  signedDelete,
  signedRetrieve,
} from "@swarmpost/storage-rpc";
import type { Account } from "./account.ts";

// What a client sends and signs (client-protocol section 6, storage-protocol 3.7).

/** Parameters of a `store` into an account's public inbox (namespace 0), which takes no signature. */
export function storeParameters(
  recipient: AccountId,
  message: { data: Uint8Array; timestamp: number; ttlMs?: number },
): Record<string, unknown> {
  return {
    pubkey: recipient,
    timestamp: message.timestamp,
    namespace: 0,
    ttl: message.ttlMs ?? PUBLIC_INBOX_MAX_TTL_MS,
    data: encodeBase64(message.data),
  };
}

/** Parameters of a signed `retrieve`; `timestamp` in network time, unix ms. `lastHash` gives only what came after it. */
export function retrieveParameters(
  account: Account,
  request: { namespace: number; timestamp: number; lastHash?: string },
): Record<string, unknown> {
  const text = signedRetrieve(namespace(request.namespace), request.timestamp);
  return {
    pubkey: account.id,
    pubkey_ed25519: account.ed25519.publicKey.toString("hex"),
    namespace: request.namespace,
    timestamp: request.timestamp,
    signature: signature(account, text),
    last_hash: request.lastHash ?? "",
  };
}

/** Parameters of a signed `delete` of one message or more. */
export function deleteParameters(account: Account, hashes: readonly MessageHash[]): Record<string, unknown> {
  return {
    pubkey: account.id,
    pubkey_ed25519: account.ed25519.publicKey.toString("hex"),
    messages: hashes,
    signature: signature(account, signedDelete(hashes)),
  };
}

function signature(account: Account, text: string): string {
  return encodeBase64(sign(Buffer.from(text, "latin1"), account.ed25519.secretKey));
}
