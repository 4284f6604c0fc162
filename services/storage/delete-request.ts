import { encodeBase64 } from "@swarmpost/encoding";
import {
  accountBytes,
  type DeleteRequest,
  type MessageHash,
  messageHashBytes,
  parseRequest,
  RpcError,
} from "@swarmpost/storage-rpc";
import { StorageError } from "./errors.ts";

/** The signed request as JSON that any member can parse and verify again. */
export function encodeDeleteRequest(request: DeleteRequest): Buffer {
  const { auth } = request;
  const params = {
    pubkey: request.account,
    messages: request.messages,
    signature: encodeBase64(auth.signature),
    ...(auth.pubkeyEd25519 && { pubkey_ed25519: auth.pubkeyEd25519.toString("hex") }),
    ...(auth.subaccount && {
      subaccount: encodeBase64(auth.subaccount.token),
      subaccount_sig: encodeBase64(auth.subaccount.signature),
    }),
  };
  return Buffer.from(JSON.stringify({ method: "delete", params }));
}

/** @throws StorageError "malformed" unless it is a delete request. */
export function decodeDeleteRequest(json: Buffer): DeleteRequest {
  try {
    const request = parseRequest(json);
    if (request.method === "delete") return request;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    throw new StorageError("malformed", "a deletion does not parse", { cause: error });
  }
  throw new StorageError("malformed", "a deletion is another request");
}

/** The messages that a request names, each once. */
export function uniqueHashes(messages: readonly MessageHash[]): Buffer[] {
  return [...new Set(messages)].flatMap((message) => messageHashBytes(message) ?? []);
}

/**
 * The messages that an encoded request names.
 * @throws StorageError "malformed" also when the request is another account's.
 */
export function requestHashes(json: Buffer, account: Buffer): Buffer[] {
  const request = decodeDeleteRequest(json);
  if (!accountBytes(request.account).equals(account))
    throw new StorageError("malformed", "a deletion of another account");
  return uniqueHashes(request.messages);
}
