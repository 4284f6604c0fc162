import { type Namespace, messageDigest, namespace, parseAccountId } from "@swarmpost/storage-rpc";
import { decodeAuth, encodeAuth } from "./auth-codec.ts";
import type { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { decodeChangeRequest } from "./change-request.ts";
import { requestHashes } from "./delete-request.ts";
import { StorageError } from "./errors.ts";
import type { ChangeRecord, ReplicaRecord, RevocationRecord, StoreRecord } from "./record.ts";
import { decodeRevocationRequest, revocationChange } from "./revocation-request.ts";
import type { Stamp } from "./stamp.ts";

const STORE = 1;
const DELETE = 2;
const CHANGE = 3;
const REVOCATION = 9;
const KIND = { store: STORE, delete: DELETE, change: CHANGE, revocation: REVOCATION } as const;

/** Kinds that every program knows; one of another kind that is refused may be taken once the program is a later one. */
const FIRST_KINDS: readonly (number | undefined)[] = [STORE, DELETE];

/** Whether the record is of a kind that every program knows. @param encoded its bytes. */
export function isOfFirstKinds(encoded: Buffer): boolean {
  return FIRST_KINDS.includes(encoded[0]);
}

/** What travels of a record that is an account's signed request. */
export type SignedRecord = Pick<Exclude<ReplicaRecord, StoreRecord>, "kind" | "account" | "stamp" | "request">;

/** The bytes of a record, the same on every link and in `pending_replica`: docs/protocol/replication.md. */
export function encodeRecord(record: StoreRecord | SignedRecord): Buffer {
  const writer = new ByteWriter().u8(KIND[record.kind]).bytes(record.account);
  writer.u64(record.stamp.ms).bytes(record.stamp.node);
  if (record.kind !== "store") return writer.blob(record.request).finish();
  const auth = record.auth === undefined ? Buffer.alloc(0) : encodeAuth(record.auth);
  writer.i16(record.namespace).u64(record.timestampMs).u64(record.expiryMs);
  return writer.blob(auth).blob(record.data).finish();
}

/**
 * Reads one record. Message hashes are computed here, never believed.
 * @throws StorageError "malformed", or "unknown" for a kind of records that only a later program knows.
 */
export function decodeRecord(reader: ByteReader): ReplicaRecord {
  const kind = reader.u8();
  const account = Buffer.from(reader.bytes(33));
  const stamp = readStamp(reader);
  if (kind === STORE) return readStore(reader, account, stamp);
  if (kind === CHANGE) return readChange(reader, account, stamp);
  if (kind === REVOCATION) return readRevocation(reader, account, stamp);
  if (kind !== DELETE) throw new StorageError("unknown", "a record of an unknown kind");
  const request = Buffer.from(reader.blob());
  return { kind: "delete", account, stamp, request, hashes: requestHashes(request, account) };
}

function readChange(reader: ByteReader, account: Buffer, stamp: Stamp): ChangeRecord {
  const request = Buffer.from(reader.blob());
  return { kind: "change", account, stamp, request, change: decodeChangeRequest(request, account) };
}

function readRevocation(reader: ByteReader, account: Buffer, stamp: Stamp): RevocationRecord {
  const request = Buffer.from(reader.blob());
  const change = revocationChange(decodeRevocationRequest(request, account));
  return { kind: "revocation", account, stamp, request, ...change };
}

/** Reads a stamp: milliseconds and node key. */
export function readStamp(reader: ByteReader): Stamp {
  return { ms: reader.count(), node: Buffer.from(reader.bytes(32)) };
}

function readStore(reader: ByteReader, account: Buffer, stamp: Stamp): StoreRecord {
  const ns = namespace(reader.i16());
  const timestampMs = reader.count();
  const expiryMs = reader.count();
  const auth = reader.blob();
  const data = Buffer.from(reader.blob());
  return {
    kind: "store",
    account,
    namespace: ns,
    hash: digest(account, ns, data),
    timestampMs,
    expiryMs,
    stamp,
    auth: auth.length === 0 ? undefined : decodeAuth(Buffer.from(auth)),
    data,
  };
}

function digest(account: Buffer, ns: Namespace, data: Buffer): Buffer {
  const id = parseAccountId(account);
  if (id === undefined) throw new StorageError("malformed", "not an account");
  return messageDigest(id, ns, data);
}
