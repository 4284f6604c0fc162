import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { accountId, messageDigest, namespace } from "@swarmpost/storage-rpc";
import { ByteReader } from "./byte-reader.ts";
import { StorageError } from "./errors.ts";
import { decodeOutcome, encodeOutcome, type MemberOutcome } from "./outcome-codec.ts";
import { decodeRecord, encodeRecord } from "./record-codec.ts";
import type { StoreRecord } from "./record.ts";

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((each) => Buffer.from(each));
const ms = fc.integer({ min: 0, max: 4_000_000_000_000 });
const plain = { noNullPrototype: true };
const auth = fc.record(
  {
    signature: bytes(64),
    signatureTimestampMs: ms,
    ed25519: fc.option(bytes(32), { nil: undefined }),
    subaccount: fc.option(fc.record({ token: bytes(36), signature: bytes(64) }, plain), { nil: undefined }),
  },
  plain,
);
const stores: fc.Arbitrary<StoreRecord> = fc
  .record({
    account: bytes(33),
    namespace: fc.integer({ min: -32_768, max: 32_767 }),
    timestampMs: ms,
    expiryMs: ms,
    stamp: fc.record({ ms, node: bytes(32) }, plain),
    auth: fc.option(auth, { nil: undefined }),
    data: fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)),
  })
  .map((record) => {
    const hash = messageDigest(accountId(record.account), namespace(record.namespace), record.data);
    return { kind: "store", hash, ...record };
  });

test("a message is read as it was written, its hash computed anew", () => {
  fc.assert(
    fc.property(stores, (record) => {
      const reader = new ByteReader(encodeRecord(record));
      assert.deepEqual(decodeRecord(reader), record);
      reader.end();
    }),
  );
});

test("a cut or lengthened record is malformed, never something else", () => {
  fc.assert(
    fc.property(stores, fc.nat(), (record, at) => {
      const encoded = encodeRecord(record);
      const cut = new ByteReader(encoded.subarray(0, at % encoded.length));
      assert.throws(() => decodeRecord(cut), StorageError);
      const longer = new ByteReader(Buffer.concat([encoded, Buffer.of(0)]));
      decodeRecord(longer);
      assert.throws(() => longer.end(), StorageError);
    }),
  );
});

test("outcomes are read as they were written", () => {
  const outcomes: MemberOutcome[] = [
    { kind: "stored", expiryMs: 5, already: true, signature: Buffer.alloc(64, 1) },
    { kind: "superseded", stampMs: 7 },
    { kind: "deleted", hashes: [Buffer.alloc(32, 2)], beatenMs: 0, signature: Buffer.alloc(64, 3) },
  ];
  for (const outcome of outcomes) assert.deepEqual(decodeOutcome(encodeOutcome(outcome)), outcome);
  assert.throws(() => decodeOutcome(Buffer.of(9)), StorageError);
});
