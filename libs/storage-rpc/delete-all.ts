import type { AccountId } from "./account-id.ts";
import { ACCESS_DELETE, type Auth, parseRequiredAuth, verificationFailed, verifySignature } from "./auth.ts";
import type { SignedCheck } from "./change.ts";
import type { Fields } from "./fields.ts";
import type { RpcError } from "./rpc-error.ts";
import { checkSignatureTime } from "./signature-time.ts";
import { type NamespaceOrAll, signedDeleteAll } from "./signed-strings.ts";

/** `delete_all`: remove every message of a namespace, or of all. */
export interface DeleteAllRequest {
  method: "delete_all";
  account: AccountId;
  namespace: NamespaceOrAll;
  /** ms; signed, and fresh. */
  timestamp: number;
  auth: Auth;
}

/** Parses the parameters of `delete_all`. @throws RpcError 400. */
export function parseDeleteAll(fields: Fields): DeleteAllRequest {
  const account = fields.account();
  const namespace = fields.namespaceOrAll();
  const auth = parseRequiredAuth(fields, account);
  const timestamp = fields.required("timestamp", (name) => fields.timestamp(name));
  return { method: "delete_all", account, namespace, timestamp, auth };
}

/** The 406 of a stale request, else the 401 of a wrong signature, else undefined. */
export function checkDeleteAll(
  request: DeleteAllRequest,
  { nowMs, toleranceMs, convert }: SignedCheck,
): RpcError | undefined {
  const { account, namespace, timestamp, auth } = request;
  const stale = checkSignatureTime("delete_all", timestamp, nowMs, toleranceMs);
  if (stale) return stale;
  return verifySignature(account, auth, ACCESS_DELETE, signedDeleteAll(namespace, timestamp), convert)
    ? undefined
    : verificationFailed("delete_all");
}
