import type { AccountId } from "./account-id.ts";
import {
  ACCESS_DELETE,
  ACCESS_WRITE,
  type Auth,
  parseRequiredAuth,
  tokenAccess,
  verificationFailed,
  verifySignature,
} from "./auth.ts";
import type { SignedCheck } from "./change.ts";
import type { Fields } from "./fields.ts";
import { MAX_DELETE_HASHES, PRIVATE_MAX_TTL_MS, SIGNATURE_TOLERANCE_MS } from "./limits.ts";
import { type MessageHash, messageHashes } from "./message-hash.ts";
import { invalidRequest, RpcError } from "./rpc-error.ts";
import { signedExpire } from "./signed-strings.ts";

/** Which way an expiry may move; `set`: both. */
export type ExpireMode = "set" | "extend" | "shorten";

/** `expire`: give messages another end. */
export interface ExpireRequest {
  method: "expire";
  account: AccountId;
  /** At most 10,000, in the order of the request, which is signed; may repeat and may name what no message has. */
  messages: MessageHash[];
  /** ms; one for all messages, or one for each. */
  expiries: number[];
  /** As asked, and signed; `expireMode` says what it means. */
  mode: ExpireMode;
  auth: Auth;
}

/** Parses the parameters of `expire`. @throws RpcError 400. */
export function parseExpire(fields: Fields): ExpireRequest {
  const account = fields.account();
  const auth = parseRequiredAuth(fields, account);
  const expiries = fields.timestamps("expiry", MAX_DELETE_HASHES);
  if (expiries.length === 0) throw invalidRequest("'expiry' does not contain any expiration timestamps");
  const mode = readMode(fields);
  const messages = fields.messages(MAX_DELETE_HASHES);
  if (expiries.length !== 1 && expiries.length !== messages.length) {
    throw invalidRequest("'expiry' must be a single expiry, or the same length as 'messages'");
  }
  return { method: "expire", account, messages: messageHashes(messages), expiries, mode, auth };
}

function readMode(fields: Fields): ExpireMode {
  const shorten = fields.boolean("shorten") ?? false;
  const extend = fields.boolean("extend") ?? false;
  if (shorten && extend) throw invalidRequest("cannot specify both 'shorten' and 'extend'");
  return shorten ? "shorten" : extend ? "extend" : "set";
}

/** How `expire` names itself in a 401; alone of all methods with a colon (2.11). */
export const EXPIRE_REFUSED = "expire:";

/** What a request does to the end of a message. `raise`: like `extend`, and by however little. */
export type ExpireEffect = ExpireMode | "raise";

/** What a request does: a subaccount that may not delete moves no end forward, without having to ask for `extend`. */
export function expireMode({ mode, auth }: Pick<ExpireRequest, "mode" | "auth">): ExpireEffect {
  return mode === "set" && (tokenAccess(auth) & ACCESS_DELETE) === 0 ? "raise" : mode;
}

/** The expiry that comes into force of one that was asked for: at most 30 days from `nowMs`. */
export function appliedExpiry(expiry: number, nowMs: number): number {
  return Math.min(expiry, nowMs + PRIVATE_MAX_TTL_MS);
}

/**
 * The 401 of an expiry that is past or of a wrong signature, else the 400 of a subaccount that may not shorten, else
 * undefined.
 */
export function checkExpire(request: ExpireRequest, check: SignedCheck): RpcError | undefined {
  const { account, messages, expiries, mode, auth } = request;
  const earliest = check.nowMs - (check.toleranceMs ?? SIGNATURE_TOLERANCE_MS);
  if (expiries.some((expiry) => expiry < earliest)) {
    return new RpcError(401, "expire: timestamp should be >= current time");
  }
  const signed = signedExpire(mode === "set" ? "" : mode, expiries, messages);
  if (!verifySignature(account, auth, ACCESS_WRITE, signed, check.convert)) return verificationFailed(EXPIRE_REFUSED);
  if (mode !== "shorten" || (tokenAccess(auth) & ACCESS_DELETE) !== 0) return undefined;
  return new RpcError(
    400,
    "expire: shorten parameter cannot be used with this subaccount token (missing delete access)",
  );
}
