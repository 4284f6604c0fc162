import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import { accountBytes, accountId, type ChangeRequest, ConvertedKeys } from "@swarmpost/storage-rpc";
import { fuzz } from "@swarmpost/testkit";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { type Effect, effectsOf } from "./change.ts";
import { decodeChangeRequest } from "./change-request.ts";
import { StorageError } from "./errors.ts";
import { readFence, writeFence } from "./fence.ts";
import {
  MAX_ENTRIES,
  MAX_HOLDERS,
  readCursor,
  readDeletion,
  readEntry,
  readHolders,
  readKey,
  readTombstone,
  writeCursor,
  writeDeletion,
  writeEntry,
  writeHolders,
  writeKey,
  writeList,
  writeTombstone,
} from "./handoff-codec.ts";
import { decodeRecord, encodeRecord } from "./record-codec.ts";
import type { ReplicaRecord } from "./record.ts";
import { decodeRevocationRequest, revocationChange } from "./revocation-request.ts";
import { readSealed, writeSealed } from "./sealed-cursor.ts";
import { readRequests, writeRequests } from "./kept-requests.ts";
import { readRequestKey, writeRequestKey } from "./signed-request.ts";
import type { Stamp } from "./stamp.ts";
import { TestAccount } from "./testing/test-account.ts";
import { recordFault } from "./verify-record.ts";

const documented = (error: unknown) =>
  error instanceof StorageError && (error.code === "malformed" || error.code === "unknown");
const now = 1_700_000_000_000;
const stamp = { ms: now, node: Buffer.alloc(32, 2) };
const owner = new TestAccount();
const account = accountBytes(accountId(owner.id));
const { convert } = new ConvertedKeys({ limit: 100 });
const hash = encodeBase64(Buffer.alloc(32, 7)).replace("=", "");

const json = (method: string, params: object) => Buffer.from(JSON.stringify({ method, params }));
const subaccount = { subaccount: encodeBase64(Buffer.alloc(36, 3)), subaccount_sig: encodeBase64(Buffer.alloc(64)) };
const changes = [
  json("expire", owner.expire([hash], now + 5)),
  json("expire", owner.expire([hash, hash.replace("B", "C")], [now + 5, now + 6], "extend")),
  json("expire", { ...owner.expire([hash], now + 5, "shorten"), ...subaccount }),
  json("expire_all", owner.expireAll(now + 5, "all")),
  json("delete_all", owner.deleteAll(-11, now)),
  json("delete_before", owner.deleteBefore(now, 5)),
];
const tokens = [Buffer.alloc(36, 3), Buffer.alloc(36, 4)];
const revocations = [
  json("revoke_subaccount", owner.revocation("revoke", tokens, { timestamp: now })),
  json("unrevoke_subaccount", owner.revocation("unrevoke", tokens, { timestamp: now })),
];

/** What a request does; whatever it says must fit into the columns of a table. */
function effects(request: ChangeRequest, from: Stamp): Effect[] {
  const all = effectsOf(request, from);
  for (const { valueMs, hash: bytes, namespace = 0 } of all) {
    assert.ok(Number.isSafeInteger(valueMs) && (bytes?.length ?? 32) === 32);
    assert.ok(Number.isInteger(namespace) && Math.abs(namespace) <= 32_768);
  }
  return all;
}

/** Does all that is done with a record before anything of it is believed. */
function judge(record: ReplicaRecord): unknown {
  encodeRecord(record);
  const fault = recordFault(record, now, convert);
  if (record.kind === "change" && fault !== "future-stamp") effects(record.change, record.stamp);
  return fault ?? "good";
}

/** Reads all of it. */
function whole<T>(read: (reader: ByteReader) => T): (input: Buffer) => T {
  return (input) => {
    const reader = new ByteReader(input);
    const result = read(reader);
    reader.end();
    return result;
  };
}

test("a signed change may hold any text", async () => {
  await fuzz({ corpus: changes, parse: (input) => effects(decodeChangeRequest(input, account), stamp), documented });
});

test("a signed revocation may hold any text", async () => {
  const parse = (input: Buffer) => revocationChange(decodeRevocationRequest(input, account));
  await fuzz({ corpus: revocations, parse, documented });
});

test("a record of a change, a revocation or a deletion may hold any bytes, up to the check of its signature", async () => {
  const deletion = json("delete", owner.delete([hash]));
  const record = (kind: number, request: Buffer) =>
    new ByteWriter().u8(kind).bytes(account).u64(stamp.ms).bytes(stamp.node).blob(request).finish();
  const corpus = [
    ...changes.map((request) => record(3, request)),
    ...revocations.map((request) => record(9, request)),
    record(2, deletion),
  ];
  await fuzz({ corpus, parse: whole((reader) => judge(decodeRecord(reader))), documented });
});

for (const [kind, requests] of [
  ["change", changes],
  ["revocation", revocations],
] as const) {
  test(`a page of signed requests, or those that are brought, may hold any bytes: ${kind}`, async () => {
    const corpus = [requests, []].map((some) => {
      const writer = new ByteWriter().u64(5n);
      writeRequests(
        writer,
        kind,
        some.map((request) => ({ account, stamp, request })),
      );
      return writer.finish();
    });
    const parse = whole((reader) => [reader.u64(), readRequests(reader, kind).map(judge)]);
    await fuzz({ corpus, parse, documented });
  });
}

test("a fence, and what a handoff names, may hold any bytes", async () => {
  const key = { account, hash: Buffer.alloc(32, 7), namespace: -10 };
  const tombstone = { account, hash: key.hash, stamp, expiryMs: now, deletion: Buffer.alloc(32, 8) };
  const writer = writeFence(new ByteWriter(), { swarmId: 2n ** 64n - 1n, changedHeight: 1n, mapHeight: 2n });
  writeCursor(writer, key, writeKey);
  writeList(writer, [{ ...key, stamp, expiryMs: now, bodySize: 9 }], writeEntry);
  writeList(writer, [{ id: Buffer.alloc(32), account, request: Buffer.from("{}") }], writeDeletion);
  writeList(writer, [tombstone, tombstone], writeTombstone);
  writeList(writer, [{ size: 3, sources: [keys.pubkey] }], writeHolders);
  const parse = whole((reader) => [
    readFence(reader),
    readCursor(reader, readKey),
    reader.list(MAX_ENTRIES, readEntry),
    reader.list(MAX_ENTRIES, readDeletion),
    reader.list(MAX_ENTRIES, readTombstone),
    reader.list(MAX_HOLDERS, readHolders),
  ]);
  await fuzz({ corpus: [writer.finish()], parse, documented });
});

const keys = nodeKeysFromSeed(generateSeed());

test("a request for a page, with the cursor that this node sealed, may hold any bytes", async () => {
  const sealed = new ByteWriter().u64(5n);
  writeCursor(sealed, account, (each, value) => each.bytes(value));
  const at = { account, stamp, id: Buffer.alloc(32, 9) };
  writeSealed(sealed, at, { write: writeRequestKey, keys });
  const first = new ByteWriter().u64(5n).u8(0).u8(0).finish();
  const parse = whole((reader) => [
    reader.u64(),
    readCursor(reader, (each) => each.bytes(33)),
    readSealed(reader, { read: readRequestKey, keys }),
  ]);
  await fuzz({ corpus: [sealed.finish(), first], parse, documented });
});
