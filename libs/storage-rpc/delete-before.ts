import type { AccountId } from "./account-id.ts";
import { ACCESS_DELETE, type Auth, parseRequiredAuth, verificationFailed, verifySignature } from "./auth.ts";
import type { SignedCheck } from "./change.ts";
import type { Fields } from "./fields.ts";
import { SIGNATURE_TOLERANCE_MS } from "./limits.ts";
import { RpcError } from "./rpc-error.ts";
import { type NamespaceOrAll, signedDeleteBefore } from "./signed-strings.ts";

/** `delete_before`: remove the messages of a namespace, or of all, whose timestamp is not later than `before`. */
export interface DeleteBeforeRequest {
  method: "delete_before";
  account: AccountId;
  namespace: NamespaceOrAll;
  /** ms, by the senders' clocks. */
  before: number;
  auth: Auth;
}

/** Parses the parameters of `delete_before`. @throws RpcError 400. */
export function parseDeleteBefore(fields: Fields): DeleteBeforeRequest {
  const account = fields.account();
  const namespace = fields.namespaceOrAll();
  const auth = parseRequiredAuth(fields, account);
  const before = fields.required("before", (name) => fields.timestamp(name));
  return { method: "delete_before", account, namespace, before, auth };
}

/** The 401 of a time in the future or of a wrong signature, else undefined. A request about the past never goes stale. */
export function checkDeleteBefore(request: DeleteBeforeRequest, check: SignedCheck): RpcError | undefined {
  const { account, namespace, before, auth } = request;
  if (before > check.nowMs + (check.toleranceMs ?? SIGNATURE_TOLERANCE_MS)) {
    return new RpcError(401, "delete_before timestamp too far in the future");
  }
  return verifySignature(account, auth, ACCESS_DELETE, signedDeleteBefore(namespace, before), check.convert)
    ? undefined
    : verificationFailed("delete_before");
}
