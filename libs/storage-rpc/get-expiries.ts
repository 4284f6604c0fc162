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
import { MAX_DELETE_HASHES } from "./limits.ts";
import type { RpcError } from "./rpc-error.ts";
import { checkSignatureTime } from "./signature-time.ts";
import { signedGetExpiries } from "./signed-strings.ts";

/** `get_expiries`: when messages end. */
export interface GetExpiriesRequest {
  method: "get_expiries";
  account: AccountId;
  /** At most 10,000, in the order of the request, which is signed; any text, since the reference server takes any. */
  messages: string[];
  /** ms; signed, and fresh. */
  timestamp: number;
  auth: Auth;
}

/** Parses the parameters of `get_expiries`. @throws RpcError 400. */
export function parseGetExpiries(fields: Fields): GetExpiriesRequest {
  const account = fields.account();
  const auth = parseRequiredAuth(fields, account);
  const timestamp = fields.required("timestamp", (name) => fields.timestamp(name));
  return { method: "get_expiries", account, messages: fields.messages(MAX_DELETE_HASHES), timestamp, auth };
}

/** The 406 of a stale request, else the 401 of a wrong signature, else undefined. */
export function checkGetExpiries(
  request: GetExpiriesRequest,
  nowMs: number,
  convert?: ConvertKey,
): RpcError | undefined {
  const { account, messages, timestamp, auth } = request;
  const stale = checkSignatureTime("get_expiries", timestamp, nowMs);
  if (stale) return stale;
  return verifySignature(account, auth, ACCESS_READ, signedGetExpiries(timestamp, messages), convert)
    ? undefined
    : verificationFailed("get_expiries");
}
