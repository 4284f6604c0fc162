import { decodeBase64 } from "@swarmpost/encoding";
import type { AccountId } from "./account-id.ts";
import {
  ACCESS_DELETE,
  ACCESS_WRITE,
  type Auth,
  type ConvertKey,
  parseAuth,
  verificationFailed,
  verifySignature,
} from "./auth.ts";
import type { Fields } from "./fields.ts";
import { MAX_MESSAGE_BASE64, MAX_MESSAGE_BYTES, MIN_TTL_MS, STORE_TOLERANCE_MS } from "./limits.ts";
import { isPublicOutbox, isTesting, maxTtlMs, type Namespace, storeNeedsAuth } from "./namespace.ts";
import { invalidRequest, RpcError } from "./rpc-error.ts";
import { checkSignatureTime } from "./signature-time.ts";
import { signedStore } from "./signed-strings.ts";

/** `store`: leave a message in an account's swarm. */
export interface StoreRequest {
  method: "store";
  account: AccountId;
  namespace: Namespace;
  /** ms, the sender's clock. */
  timestamp: number;
  /** ms, from `expiry` or `timestamp + ttl`. */
  expiry: number;
  /** At most 76,800 bytes. */
  data: Buffer;
  /** What the signature covers, ms; the same as `timestamp` unless given. */
  sigTimestamp: number;
  /** Absent when unsigned; ignored in public inboxes. */
  auth: Auth | undefined;
}

/** Parses the parameters of `store`. @throws RpcError 400. */
export function parseStore(fields: Fields): StoreRequest {
  const orText = (name: string, kind: string) => fields.integerOrText(name, kind);
  const timestamp = fields.required("timestamp", (name) => fields.timestamp(name, orText));
  const expiry = fields.exactlyOne("expiry", "ttl", (name) => readExpiry(fields, name, timestamp));
  const account = fields.account();
  const ns = fields.namespace();
  const sigTimestamp = fields.timestamp("sig_timestamp") ?? timestamp;
  const auth = parseAuth(fields, account);
  const data = readData(fields.required("data", (name) => fields.string(name)));
  return { method: "store", account, namespace: ns, timestamp, expiry, data, sigTimestamp, auth };
}

function readExpiry(fields: Fields, name: string, timestamp: number): number | undefined {
  if (name === "expiry") return fields.timestamp(name);
  const ttl = fields.integerOrText(name, "positive integer");
  if (ttl !== undefined && ttl < 0)
    throw invalidRequest(`Invalid value given for '${name}': expected positive integer`);
  return ttl === undefined ? undefined : timestamp + ttl;
}

function readData(text: string): Buffer {
  if (text.length > MAX_MESSAGE_BASE64) {
    throw invalidRequest(`Message body exceeds maximum allowed length of ${MAX_MESSAGE_BYTES} bytes`);
  }
  const data = decodeBase64(text);
  if (!data) throw invalidRequest("Invalid 'data' value: not base64 encoded");
  return data;
}

/** The 403 of a life out of range, else the 406 of a wrong clock, else undefined. A timestamp long past is fine. */
export function checkStoreTimes(
  request: Pick<StoreRequest, "namespace" | "timestamp" | "expiry">,
  nowMs: number,
): RpcError | undefined {
  const ttl = request.expiry - request.timestamp;
  if (ttl < MIN_TTL_MS || ttl > maxTtlMs(request.namespace)) {
    return new RpcError(403, "Provided expiry/TTL is not valid.");
  }
  if (request.timestamp > nowMs + STORE_TOLERANCE_MS || request.expiry < nowMs - STORE_TOLERANCE_MS) {
    return new RpcError(406, "Timestamp error: check your clock");
  }
  return undefined;
}

/** What a subaccount needs to store here: replacing the one message of an outbox also deletes. */
export function storeAccess(ns: Namespace): number {
  return isPublicOutbox(ns) ? ACCESS_WRITE | ACCESS_DELETE : ACCESS_WRITE;
}

/**
 * Checks a store's right to its namespace after {@link checkStoreTimes}: 401 without a signature, 406 for a stale one,
 * 401 for a wrong one. Undefined when it may go on.
 */
export function checkStoreAuth(request: StoreRequest, nowMs: number, convert?: ConvertKey): RpcError | undefined {
  if (isTesting(request.namespace))
    return new RpcError(403, `store: namespace ${request.namespace} can't be stored to`);
  if (!storeNeedsAuth(request.namespace)) return undefined;
  if (!request.auth) return new RpcError(401, `store: signature required to store to namespace ${request.namespace}`);
  const stale = checkSignatureTime("store signature", request.sigTimestamp, nowMs);
  if (stale) return stale;
  return verifyStore(request, convert) ? undefined : verificationFailed("store");
}

/** Whether the store's own signature holds, whatever the time: what a replica checks of a copy it is given. */
export function verifyStore(
  request: Pick<StoreRequest, "account" | "namespace" | "sigTimestamp" | "auth">,
  convert?: ConvertKey,
): boolean {
  const { account, namespace: ns, sigTimestamp, auth } = request;
  return auth !== undefined && verifySignature(account, auth, storeAccess(ns), signedStore(ns, sigTimestamp), convert);
}
