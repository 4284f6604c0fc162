import { test } from "node:test";
import { fuzz } from "@swarmpost/testkit";
import { ByteReader } from "./byte-reader.ts";
import { StorageError } from "./errors.ts";
import { decodeHello, decodeHelloAnswer, encodeHello, encodeHelloAnswer } from "./hello-codec.ts";
import { decodeOutcome, encodeOutcome } from "./outcome-codec.ts";
import { decodeRecord, encodeRecord } from "./record-codec.ts";
import type { StoreRecord } from "./record.ts";

const documented = (error: unknown) =>
  error instanceof StorageError && (error.code === "malformed" || error.code === "unknown");
const signature = Buffer.alloc(64, 1);

const store: StoreRecord = {
  kind: "store",
  account: Buffer.from(`05${"ab".repeat(32)}`, "hex"),
  namespace: 0,
  hash: Buffer.alloc(32),
  timestampMs: 1_700_000_000_000,
  expiryMs: 1_700_000_100_000,
  stamp: { ms: 1_700_000_000_000, node: Buffer.alloc(32, 2) },
  auth: undefined,
  data: Buffer.from("sealed"),
};
const subaccount = { token: Buffer.alloc(36, 3), signature };
const signed = { signature, signatureTimestampMs: 1_700_000_000_000, ed25519: Buffer.alloc(32, 4), subaccount };

const changed = { hash: Buffer.alloc(32, 7), namespace: -1, expiryMs: 5 };

test("a record of another storage may hold any bytes", async () => {
  const corpus = [encodeRecord(store), encodeRecord({ ...store, namespace: 11, auth: signed })];
  const parse = (input: Buffer) => {
    const reader = new ByteReader(input);
    const record = decodeRecord(reader);
    reader.end();
    return record;
  };
  await fuzz({ corpus, parse, documented });
});

test("what a member says of itself may hold any bytes", async () => {
  const mark = { id: Buffer.alloc(16, 5), commits: 9n };
  const hellos = [encodeHello({ ...mark, phase: "serving", former: [Buffer.alloc(16, 6)] })];
  await fuzz({ corpus: hellos, parse: decodeHello, documented });
  const answers = [
    encodeHelloAnswer({ kept: 5, remembered: mark }),
    encodeHelloAnswer({ kept: 0, remembered: undefined }),
  ];
  await fuzz({ corpus: answers, parse: decodeHelloAnswer, documented });
});

test("what a member answers to a write may hold any bytes", async () => {
  const corpus = [
    encodeOutcome({ kind: "stored", expiryMs: 5, already: false, signature }),
    encodeOutcome({ kind: "superseded", stampMs: 5 }),
    encodeOutcome({ kind: "deleted", hashes: [Buffer.alloc(32, 7)], beatenMs: 5, signature }),
    encodeOutcome({ kind: "changed", hits: [changed], unchanged: [changed, changed], beatenMs: 5, signature }),
    encodeOutcome({ kind: "changed", hits: [], unchanged: [], beatenMs: 0, signature }),
    encodeOutcome({ kind: "revoked", restored: 2, beatenMs: 5, signature }),
  ];
  await fuzz({ corpus, parse: decodeOutcome, documented });
});
