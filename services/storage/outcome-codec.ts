import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { StorageError } from "./errors.ts";

/** What a member answers to a replica frame once its commit is done. */
export type MemberOutcome =
  | {
      readonly kind: "stored";
      readonly expiryMs: number;
      readonly already: boolean;
      /** The member's signature over the message hash. */
      readonly signature: Buffer;
    }
  /** A later deletion (of this stamp) is on record: acknowledged, but not stored. */
  | { readonly kind: "superseded"; readonly stampMs: number }
  | {
      readonly kind: "deleted";
      /** Hashes that were there and are gone. */
      readonly hashes: readonly Buffer[];
      /** Stamp of a later store or deletion of one of the hashes; 0 when there is none. */
      readonly beatenMs: number;
      /** The member's signature over account, requested and deleted hashes. */
      readonly signature: Buffer;
    }
  | {
      readonly kind: "changed";
      /** Messages that are gone or have another end now: until when they are kept, ms (0 when gone). */
      readonly hits: readonly ChangedMessage[];
      /** Messages that an `expire` named and left as they are, with their expiry. */
      readonly unchanged: readonly ChangedMessage[];
      /** Stamp of something later about one of the messages; 0 when there is none. */
      readonly beatenMs: number;
      /** The member's signature over what the reply to the client says of it. */
      readonly signature: Buffer;
    }
  | {
      readonly kind: "revoked";
      /** Tokens that were revoked and are in force again. */
      readonly restored: number;
      /** Stamp of a later request about one of the tokens; 0 when there is none. */
      readonly beatenMs: number;
      /** The member's signature over account, time and tokens. */
      readonly signature: Buffer;
    };

/** A message that a change was about. */
export interface ChangedMessage {
  readonly hash: Buffer;
  readonly namespace: number;
  readonly expiryMs: number;
}

const STORED = 1;
const SUPERSEDED = 2;
const DELETED = 3;
const CHANGED = 4;
const REVOKED = 9;
const MAX_HASHES = 1_000_000;

/** The bytes of an outcome: docs/protocol/replication.md. */
export function encodeOutcome(outcome: MemberOutcome): Buffer {
  const writer = new ByteWriter();
  switch (outcome.kind) {
    case "stored":
      writer
        .u8(STORED)
        .u64(outcome.expiryMs)
        .u8(outcome.already ? 1 : 0);
      return writer.bytes(outcome.signature).finish();
    case "superseded":
      return writer.u8(SUPERSEDED).u64(outcome.stampMs).finish();
    case "deleted":
      writer.u8(DELETED).u64(outcome.beatenMs).bytes(outcome.signature).u32(outcome.hashes.length);
      for (const hash of outcome.hashes) writer.bytes(hash);
      return writer.finish();
    case "changed":
      writer.u8(CHANGED).u64(outcome.beatenMs).bytes(outcome.signature);
      for (const list of [outcome.hits, outcome.unchanged]) {
        writer.u32(list.length);
        for (const { hash, namespace, expiryMs } of list) writer.bytes(hash).i16(namespace).u64(expiryMs);
      }
      return writer.finish();
    case "revoked":
      return writer.u8(REVOKED).u64(outcome.beatenMs).u32(outcome.restored).bytes(outcome.signature).finish();
  }
}

/** @throws StorageError "malformed". */
export function decodeOutcome(bytes: Buffer): MemberOutcome {
  const reader = new ByteReader(bytes);
  const outcome = read(reader);
  reader.end();
  return outcome;
}

function read(reader: ByteReader): MemberOutcome {
  const kind = reader.u8();
  if (kind === STORED) {
    const expiryMs = reader.count();
    const already = reader.u8() === 1;
    return { kind: "stored", expiryMs, already, signature: reader.bytes(64) };
  }
  if (kind === SUPERSEDED) return { kind: "superseded", stampMs: reader.count() };
  if (kind === CHANGED) {
    const beatenMs = reader.count();
    const signature = reader.bytes(64);
    const list = () => reader.list(MAX_HASHES, readChanged);
    return { kind: "changed", beatenMs, signature, hits: list(), unchanged: list() };
  }
  if (kind === REVOKED) {
    const beatenMs = reader.count();
    return { kind: "revoked", beatenMs, restored: reader.u32(), signature: reader.bytes(64) };
  }
  if (kind !== DELETED) throw new StorageError("malformed", "an outcome of an unknown kind");
  const beatenMs = reader.count();
  const signature = reader.bytes(64);
  return { kind: "deleted", beatenMs, signature, hashes: reader.list(MAX_HASHES, (item) => item.bytes(32)) };
}

function readChanged(reader: ByteReader): ChangedMessage {
  return { hash: Buffer.from(reader.bytes(32)), namespace: reader.i16(), expiryMs: reader.count() };
}
