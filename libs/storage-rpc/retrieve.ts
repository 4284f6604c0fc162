import type { AccountId } from "./account-id.ts";
import {
  ACCESS_READ,
  type Auth,
  type ConvertKey,
  parseRequiredAuth,
  verificationFailed,
  verifySignature,
} from "./auth.ts";
import type { Fields } from "./fields.ts";
import { MAX_WAIT_MS } from "./limits.ts";
import { type MessageHash, parseMessageHash } from "./message-hash.ts";
import { type Namespace, retrieveNeedsAuth } from "./namespace.ts";
import { invalidRequest, RpcError } from "./rpc-error.ts";
import { checkSignatureTime } from "./signature-time.ts";
import { signedRetrieve } from "./signed-strings.ts";

/** `retrieve`: messages of one namespace in the order this node stored them. */
export interface RetrieveRequest {
  method: "retrieve";
  account: AccountId;
  namespace: Namespace;
  /** Continue after this message; unknown or undefined means from the start. */
  lastHash: MessageHash | undefined;
  /** As given; `retrieveLimits` says what it means. */
  maxCount: number | undefined;
  /** As given; `retrieveLimits` says what it means. */
  maxSize: number | undefined;
  /** Newest first. */
  reverse: boolean;
  /** How long to wait for a first message when there is none, ms (docs/protocol/long-poll.md); 0: not at all. */
  waitMs: number;
  /** Absent when nothing of a signature was given. */
  signed: { timestamp: number; auth: Auth } | undefined;
}

/** Parses the parameters of `retrieve`. @throws RpcError 400. */
export function parseRetrieve(fields: Fields): RetrieveRequest {
  const account = fields.account();
  const ns = fields.namespace();
  const signed = readSigned(fields, account, ns);
  const lastHash = readLastHash(fields.atMostOne("last_hash", "lastHash", (name) => fields.string(name)));
  return {
    method: "retrieve",
    account,
    namespace: ns,
    lastHash,
    maxCount: fields.integer("max_count"),
    maxSize: fields.integer("max_size"),
    reverse: fields.boolean("reverse_direction") ?? false,
    waitMs: readWait(fields),
    signed,
  };
}

/** Whatever of a signature is given, or needed where a namespace is named, asks for all of it. */
function readSigned(fields: Fields, account: AccountId, ns: Namespace): RetrieveRequest["signed"] {
  const someAuth = ["pubkey_ed25519", "signature", "timestamp"].some((name) => fields.has(name));
  if (!someAuth && !(fields.has("namespace") && retrieveNeedsAuth(ns))) return undefined;
  const auth = parseRequiredAuth(fields, account);
  return { timestamp: fields.required("timestamp", (name) => fields.timestamp(name)), auth };
}

/** 0 to 20,000 ms; absent means 0. Clients of Session never send it. */
function readWait(fields: Fields): number {
  const wait = fields.integer("wait") ?? 0;
  if (wait < 0 || wait > MAX_WAIT_MS) throw invalidRequest("Invalid value given for 'wait': value out of range");
  return wait;
}

function readLastHash(text: string | undefined): MessageHash | undefined {
  if (text === undefined || text === "") return undefined;
  const hash = parseMessageHash(text);
  if (hash) return hash;
  throw invalidRequest(`Invalid last_hash: ${text.length === 43 ? "not base64" : "expected base64 (43 chars)"}`);
}

/**
 * Checks the right to read: 401 without a signature where one is needed, 406 for a stale one, 401 for a wrong one; a
 * signature is checked wherever one is given. Undefined when it may go on.
 */
export function checkRetrieveAuth(request: RetrieveRequest, nowMs: number, convert?: ConvertKey): RpcError | undefined {
  const { account, namespace: ns, signed } = request;
  if (!signed) {
    return retrieveNeedsAuth(ns) ? new RpcError(401, "retrieve: request signature required") : undefined;
  }
  const stale = checkSignatureTime("retrieve", signed.timestamp, nowMs);
  if (stale) return stale;
  const message = signedRetrieve(ns, signed.timestamp);
  return verifySignature(account, signed.auth, ACCESS_READ, message, convert)
    ? undefined
    : verificationFailed("retrieve");
}
