import { encodeBase64 } from "@swarmpost/encoding";
import {
  type AccountId,
  maxTtlMs,
  type MessageHash,
  namespace,
  PUBLIC_INBOX_MAX_TTL_MS,
  signedDelete,
  signedRetrieve,
  signedStore,
} from "@swarmpost/storage-rpc";
import type { Account } from "./account.ts";
import { type Credentials, credentialsOf } from "./credentials.ts";

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

/** Parameters of a signed `store` into any namespace; `timestamp` in network time, unix ms. The longest life by default. */
export function signedStoreParameters(
  who: Account | Credentials,
  message: { namespace: number; data: Uint8Array; timestamp: number; ttlMs?: number },
): Record<string, unknown> {
  const credentials = credentialsOf(who);
  const ns = namespace(message.namespace);
  return {
    pubkey: credentials.account,
    timestamp: message.timestamp,
    namespace: message.namespace,
    ttl: message.ttlMs ?? maxTtlMs(ns),
    data: encodeBase64(message.data),
    ...credentials.prove(signedStore(ns, message.timestamp)),
  };
}

/**
 * Parameters of a signed `retrieve`; `timestamp` in network time, unix ms. `lastHash` gives only what came after it;
 * `waitMs` has the node wait so long for the first message (docs/protocol/long-poll.md).
 */
export function retrieveParameters(
  who: Account | Credentials,
  request: { namespace: number; timestamp: number; lastHash?: string; waitMs?: number },
): Record<string, unknown> {
  const credentials = credentialsOf(who);
  return {
    pubkey: credentials.account,
    namespace: request.namespace,
    timestamp: request.timestamp,
    ...credentials.prove(signedRetrieve(namespace(request.namespace), request.timestamp)),
    last_hash: request.lastHash ?? "",
    ...(request.waitMs === undefined ? {} : { wait: request.waitMs }),
  };
}

/** Parameters of a signed `delete` of one message or more. */
export function deleteParameters(who: Account | Credentials, hashes: readonly MessageHash[]): Record<string, unknown> {
  const credentials = credentialsOf(who);
  return { pubkey: credentials.account, messages: hashes, ...credentials.prove(signedDelete(hashes)) };
}
