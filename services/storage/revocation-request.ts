import { encodeBase64 } from "@swarmpost/encoding";
import { accountBytes, parseRequest, type RevocationRequest, RpcError } from "@swarmpost/storage-rpc";
import { StorageError } from "./errors.ts";
import type { RevocationRecord } from "./record.ts";

/** The signed request as JSON that any member can parse and verify again. */
export function encodeRevocationRequest(request: RevocationRequest): Buffer {
  const { auth, method, account, timestamp, tokens } = request;
  const params = {
    pubkey: account,
    [method === "revoke_subaccount" ? "revoke" : "unrevoke"]: tokens.map((token) => encodeBase64(token)),
    timestamp,
    signature: encodeBase64(auth.signature),
    ...(auth.pubkeyEd25519 && { pubkey_ed25519: auth.pubkeyEd25519.toString("hex") }),
  };
  return Buffer.from(JSON.stringify({ method, params }));
}

/** @throws StorageError "malformed" unless it is a revocation of this account. */
export function decodeRevocationRequest(json: Buffer, account: Buffer): RevocationRequest {
  const request = parsed(json);
  const isRevocation = request.method === "revoke_subaccount" || request.method === "unrevoke_subaccount";
  if (isRevocation && accountBytes(request.account).equals(account)) return request;
  throw new StorageError("malformed", "a revocation is another request");
}

function parsed(json: Buffer): ReturnType<typeof parseRequest> {
  try {
    return parseRequest(json);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    throw new StorageError("malformed", "a revocation does not parse", { cause: error });
  }
}

/** What a request changes: its tokens, each once, and how. */
export function revocationChange({ method, tokens }: RevocationRequest): Pick<RevocationRecord, "change" | "tokens"> {
  const unique = new Map(tokens.map((token) => [token.toString("latin1"), token]));
  return { change: method === "revoke_subaccount" ? "revoke" : "unrevoke", tokens: [...unique.values()] };
}
