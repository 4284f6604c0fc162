import type { AccountId } from "./account-id.ts";
import {
  ACCESS_DELETE,
  type Auth,
  type ConvertKey,
  parseRequiredAuth,
  verificationFailed,
  verifySignature,
} from "./auth.ts";
import type { Fields } from "./fields.ts";
import { MAX_DELETE_HASHES } from "./limits.ts";
import { type MessageHash, messageHashes } from "./message-hash.ts";
import type { RpcError } from "./rpc-error.ts";
import { signedDelete } from "./signed-strings.ts";

/** `delete`: remove messages by hash. */
export interface DeleteRequest {
  method: "delete";
  account: AccountId;
  /** At most 10,000, in the order of the request, which is signed; may repeat and may name what no message has. */
  messages: MessageHash[];
  /** Answer 404 when nothing was deleted anywhere. */
  required: boolean;
  auth: Auth;
}

/** Parses the parameters of `delete`. @throws RpcError 400. */
export function parseDelete(fields: Fields): DeleteRequest {
  const account = fields.account();
  const required = fields.boolean("required") ?? false;
  const auth = parseRequiredAuth(fields, account);
  const messages = messageHashes(fields.messages(MAX_DELETE_HASHES));
  return { method: "delete", account, messages, required, auth };
}

/** The 401 of a wrong signature, or undefined. There is no time in it: the request stays good for ever. */
export function checkDeleteAuth(
  request: Pick<DeleteRequest, "account" | "messages" | "auth">,
  convert?: ConvertKey,
): RpcError | undefined {
  const message = signedDelete(request.messages);
  return verifySignature(request.account, request.auth, ACCESS_DELETE, message, convert)
    ? undefined
    : verificationFailed("delete_msgs");
}
