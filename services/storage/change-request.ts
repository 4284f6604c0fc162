import { encodeBase64 } from "@swarmpost/encoding";
import {
  accountBytes,
  type Auth,
  type ChangeRequest,
  checkChange,
  type ConvertKey,
  parseRequest,
  RpcError,
  SIGNATURE_TOLERANCE_MS,
} from "@swarmpost/storage-rpc";
import { StorageError } from "./errors.ts";
import { STAMP_TOLERANCE_MS, type Stamp } from "./stamp.ts";

/** The signed request as JSON that any member can parse and verify again. */
export function encodeChangeRequest(request: ChangeRequest): Buffer {
  const params = { pubkey: request.account, ...own(request), ...written(request.auth) };
  return Buffer.from(JSON.stringify({ method: request.method, params }));
}

function own(request: ChangeRequest): object {
  switch (request.method) {
    case "expire": {
      const { messages, expiries, mode } = request;
      const expiry = expiries.length === 1 ? expiries[0] : expiries;
      return { messages, expiry, ...(mode !== "set" && { [mode]: true }) };
    }
    case "expire_all":
      return { namespace: request.namespace, expiry: request.expiry };
    case "delete_all":
      return { namespace: request.namespace, timestamp: request.timestamp };
    case "delete_before":
      return { namespace: request.namespace, before: request.before };
  }
}

function written({ signature, pubkeyEd25519, subaccount }: Auth): object {
  return {
    signature: encodeBase64(signature),
    ...(pubkeyEd25519 && { pubkey_ed25519: pubkeyEd25519.toString("hex") }),
    ...(subaccount && {
      subaccount: encodeBase64(subaccount.token),
      subaccount_sig: encodeBase64(subaccount.signature),
    }),
  };
}

/** @throws StorageError "malformed" unless it is a change by this account. */
export function decodeChangeRequest(json: Buffer, account: Buffer): ChangeRequest {
  const request = parse(json);
  switch (request.method) {
    case "expire":
    case "expire_all":
    case "delete_all":
    case "delete_before":
      if (accountBytes(request.account).equals(account)) return request;
      throw new StorageError("malformed", "a change by another account");
    default:
      throw new StorageError("malformed", "a change is another request");
  }
}

function parse(json: Buffer): ReturnType<typeof parseRequest> {
  try {
    return parseRequest(json);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    throw new StorageError("malformed", "a change does not parse", { cause: error });
  }
}

/** Whether the account signed the change for about the time of its stamp: else an old request could undo what came since. */
export function isSigned(request: ChangeRequest, stamp: Stamp, convert: ConvertKey): boolean {
  const toleranceMs = SIGNATURE_TOLERANCE_MS + STAMP_TOLERANCE_MS;
  return checkChange(request, { nowMs: stamp.ms, toleranceMs, convert }) === undefined;
}
