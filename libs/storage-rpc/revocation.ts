import type { AccountId } from "./account-id.ts";
import { type Auth, type ConvertKey, parseAuth, verificationFailed, verifySignature } from "./auth.ts";
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
  const tokens = (name: string) => fields.subaccountTokens(name, MAX_REVOKED);
  return { method: "revoke_subaccount", ...parseSigned(fields), tokens: tokens("revoke") };
}

/** Parses the parameters of `unrevoke_subaccount`. @throws RpcError 400. */
export function parseUnrevoke(fields: Fields): RevocationOf<"unrevoke_subaccount"> {
  const tokens = (name: string) => fields.subaccountTokens(name, MAX_UNREVOKED_AT_ONCE);
  return { method: "unrevoke_subaccount", ...parseSigned(fields), tokens: tokens("unrevoke") };
}

/** Parses the parameters of `revoked_subaccounts`. @throws RpcError 400. */
export function parseRevokedList(fields: Fields): RevokedListRequest {
  return { method: "revoked_subaccounts", ...parseSigned(fields) };
}

function parseSigned(fields: Fields): Pick<RevokedListRequest, "account" | "timestamp" | "auth"> {
  const account = fields.account();
  const timestamp = fields.required("timestamp", (name) => fields.timestamp(name));
  const auth = parseAuth(fields, account);
  if (!auth) throw invalidRequest("Required field 'signature' missing");
  const { subaccount: _, ...own } = auth;
  return { account, timestamp, auth: own };
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
