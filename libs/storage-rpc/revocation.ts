import type { AccountId } from "./account-id.ts";
import {
  type Auth,
  type ConvertKey,
  parseRequiredAuth,
  readToken,
  verificationFailed,
  verifySignature,
} from "./auth.ts";
import type { Fields } from "./fields.ts";
import { MAX_REVOKED, MAX_UNREVOKED_AT_ONCE } from "./limits.ts";
import { invalidRequest, type RpcError } from "./rpc-error.ts";
import { checkSignatureTime } from "./signature-time.ts";
import { signedRevocation, signedRevokedSubaccounts } from "./signed-strings.ts";

/** `revoke_subaccount` takes members' tokens out of force, `unrevoke_subaccount` puts them in force again. */
export interface RevocationOf<Method extends "revoke_subaccount" | "unrevoke_subaccount"> {
  method: Method;
  account: AccountId;
  /** 36 bytes each, in the order of the request, which is signed; may repeat. 1 to 50 to revoke, 1 to 100 to unrevoke. */
  tokens: Buffer[];
  /** ms, what the signature covers. */
  timestamp: number;
  /** The account's own: no subaccount may do this. */
  auth: Auth;
}

/** Either of the two. */
export type RevocationRequest = RevocationOf<"revoke_subaccount"> | RevocationOf<"unrevoke_subaccount">;

/** `revoked_subaccounts` (2.11): the tokens out of force. */
export interface RevokedListRequest {
  method: "revoked_subaccounts";
  account: AccountId;
  /** ms, what the signature covers. */
  timestamp: number;
  /** The account's own. */
  auth: Auth;
}

/** Parses the parameters of `revoke_subaccount`. @throws RpcError 400. */
export function parseRevoke(fields: Fields): RevocationOf<"revoke_subaccount"> {
  const { account, auth } = parseSigner(fields);
  const tokens = readTokens(fields, "revoke", MAX_REVOKED);
  return { method: "revoke_subaccount", account, timestamp: readTimestamp(fields), tokens, auth };
}

/** Parses the parameters of `unrevoke_subaccount`. @throws RpcError 400. */
export function parseUnrevoke(fields: Fields): RevocationOf<"unrevoke_subaccount"> {
  const signer = parseSigner(fields);
  const timestamp = readTimestamp(fields);
  return {
    method: "unrevoke_subaccount",
    ...signer,
    timestamp,
    tokens: readTokens(fields, "unrevoke", MAX_UNREVOKED_AT_ONCE),
  };
}

/** Parses the parameters of `revoked_subaccounts`. @throws RpcError 400. */
export function parseRevokedList(fields: Fields): RevokedListRequest {
  return { method: "revoked_subaccounts", ...parseSigner(fields), timestamp: readTimestamp(fields) };
}

function parseSigner(fields: Fields): Pick<RevokedListRequest, "account" | "auth"> {
  const account = fields.account();
  const { subaccount: _, ...auth } = parseRequiredAuth(fields, account);
  return { account, auth };
}

function readTimestamp(fields: Fields): number {
  return fields.required("timestamp", (name) => fields.timestamp(name));
}

function readTokens(fields: Fields, name: "revoke" | "unrevoke", most: number): Buffer[] {
  const texts = fields.strings(name, Number.POSITIVE_INFINITY, "subaccount tokens");
  if (texts.length === 0) throw invalidRequest(`Required field '${name}' missing`);
  if (texts.length > most)
    throw invalidRequest(`invalid ${name}: cannot ${name} more than ${most} subaccounts at once`);
  return texts.map((text) => readToken(text, `invalid ${name}: expected base64 or hex-encoded subaccount tag`));
}

/** 406 for a stale request, 401 unless the account itself signed it, undefined when it may go on. */
export function checkRevocationAuth(
  request: RevocationRequest | RevokedListRequest,
  nowMs: number,
  convert?: ConvertKey,
): RpcError | undefined {
  const stale = checkSignatureTime(request.method, request.timestamp, nowMs);
  if (stale) return stale;
  return verifyRevocation(request, convert) ? undefined : verificationFailed(request.method);
}

/** Whether the account itself signed the request, whatever the time: what a member checks of a copy it is given. */
export function verifyRevocation(request: RevocationRequest | RevokedListRequest, convert?: ConvertKey): boolean {
  const { account, timestamp, auth } = request;
  const message =
    request.method === "revoked_subaccounts"
      ? signedRevokedSubaccounts(timestamp)
      : signedRevocation(request.method, timestamp, request.tokens);
  return verifySignature(account, auth, 0, message, convert);
}
