import type { AccountId } from "./account-id.ts";
import { ACCESS_DELETE, type Auth, parseRequiredAuth, verificationFailed, verifySignature } from "./auth.ts";
import type { SignedCheck } from "./change.ts";
import type { Fields } from "./fields.ts";
import { SIGNATURE_TOLERANCE_MS } from "./limits.ts";
import { RpcError } from "./rpc-error.ts";
import { type NamespaceOrAll, signedExpireAll } from "./signed-strings.ts";

/** `expire_all`: let every message of a namespace, or of all, end at `expiry` unless it ends earlier anyway. */
export interface ExpireAllRequest {
  method: "expire_all";
  account: AccountId;
  namespace: NamespaceOrAll;
  /** ms. */
  expiry: number;
  auth: Auth;
}

/** Parses the parameters of `expire_all`. @throws RpcError 400. */
export function parseExpireAll(fields: Fields): ExpireAllRequest {
  const account = fields.account();
  const namespace = fields.namespaceOrAll();
  const auth = parseRequiredAuth(fields, account);
  const expiry = fields.required("expiry", (name) => fields.timestamp(name));
  return { method: "expire_all", account, namespace, expiry, auth };
}

/** The 406 of an expiry that is past, else the 401 of a wrong signature, else undefined. */
export function checkExpireAll(request: ExpireAllRequest, check: SignedCheck): RpcError | undefined {
  const { account, namespace, expiry, auth } = request;
  if (expiry < check.nowMs - (check.toleranceMs ?? SIGNATURE_TOLERANCE_MS)) {
    return new RpcError(406, "expire_all timestamp should be >= current time");
  }
  return verifySignature(account, auth, ACCESS_DELETE, signedExpireAll(namespace, expiry), check.convert)
    ? undefined
    : verificationFailed("expire_all");
}
