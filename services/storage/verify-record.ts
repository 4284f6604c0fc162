import {
  type Auth,
  checkDeleteAuth,
  type ConvertKey,
  isTesting,
  maxTtlMs,
  MAX_MESSAGE_BYTES,
  namespace,
  parseAccountId,
  SIGNATURE_TOLERANCE_MS,
  storeNeedsAuth,
  verifyRevocation,
  verifyStore,
} from "@swarmpost/storage-rpc";
import { isSigned } from "./change-request.ts";
import { decodeDeleteRequest } from "./delete-request.ts";
import type { DeleteRecord, ReplicaRecord, RevocationRecord, StoreAuth, StoreRecord } from "./record.ts";
import { decodeRevocationRequest } from "./revocation-request.ts";
import { STAMP_TOLERANCE_MS } from "./stamp.ts";

/** Why another node's record is not taken. */
export type RecordFault = "future-stamp" | "bad-stamp" | "bad-signature" | "bad-size";

/**
 * Whether a record from another node is what the account itself signed, as far as its namespace asks for that. The node
 * that sent it is believed in nothing: not in the hash, the expiry, the stamp or the signature.
 */
export function recordFault(record: ReplicaRecord, nowMs: number, convert: ConvertKey): RecordFault | undefined {
  if (record.stamp.ms > nowMs + STAMP_TOLERANCE_MS) return "future-stamp";
  switch (record.kind) {
    case "store":
      return storeFault(record, convert);
    case "delete":
      return deleteFault(record, convert);
    case "change":
      return isSigned(record.change, record.stamp, convert) ? undefined : "bad-signature";
    case "revocation":
      return revocationFault(record, convert);
  }
}

/**
 * The record with an expiry no later than its namespace allows from its own stamp, not from now: else whoever passes a
 * copy on could keep it alive for ever. A stamp can be ahead of the clock that the sender's expiry was checked by.
 */
export function clampExpiry(record: StoreRecord): StoreRecord {
  const latest = record.stamp.ms + maxTtlMs(namespace(record.namespace)) + STAMP_TOLERANCE_MS;
  return record.expiryMs <= latest ? record : { ...record, expiryMs: latest };
}

function storeFault(record: StoreRecord, convert: ConvertKey): RecordFault | undefined {
  const ns = namespace(record.namespace);
  if (record.data.length > MAX_MESSAGE_BYTES || isTesting(ns)) return "bad-size";
  if (!storeNeedsAuth(ns)) return undefined;
  const account = parseAccountId(record.account);
  if (account === undefined || record.auth === undefined) return "bad-signature";
  const { signatureTimestampMs } = record.auth;
  // A signature is good for its own time only: else a member could bring a deleted message back with a new stamp.
  if (Math.abs(signatureTimestampMs - record.stamp.ms) > SIGNATURE_TOLERANCE_MS + STAMP_TOLERANCE_MS)
    return "bad-stamp";
  const proof = { account, namespace: ns, sigTimestamp: signatureTimestampMs, auth: rpcAuth(record.auth) };
  return verifyStore(proof, convert) ? undefined : "bad-signature";
}

function deleteFault(record: DeleteRecord, convert: ConvertKey): RecordFault | undefined {
  const request = decodeDeleteRequest(record.request);
  return checkDeleteAuth(request, convert) === undefined ? undefined : "bad-signature";
}

/** A revocation is good for its own time only: else a member could undo what the account changed since. */
function revocationFault(record: RevocationRecord, convert: ConvertKey): RecordFault | undefined {
  const request = decodeRevocationRequest(record.request, record.account);
  if (Math.abs(request.timestamp - record.stamp.ms) > SIGNATURE_TOLERANCE_MS + STAMP_TOLERANCE_MS) return "bad-stamp";
  return verifyRevocation(request, convert) ? undefined : "bad-signature";
}

function rpcAuth(auth: StoreAuth): Auth {
  return {
    signature: auth.signature,
    ...(auth.ed25519 && { pubkeyEd25519: auth.ed25519 }),
    ...(auth.subaccount && { subaccount: auth.subaccount }),
  };
}
