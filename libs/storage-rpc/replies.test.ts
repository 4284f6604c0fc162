import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pubkey, pubkey } from "@swarmpost/crypto";
import { base32z } from "@swarmpost/encoding";
import {
  type DeleteEntry,
  deleteEntry,
  type FailedEntry,
  type StoreEntry,
  deleteReply,
  infoReply,
  type MessageHash,
  refusedEntry,
  retrieveReply,
  storeEntry,
  storeReply,
  swarmJson,
} from "./index.ts";

const NOW = 1_700_000_000_000;
const HASH = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq" as MessageHash;
const OTHER = "0BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq" as MessageHash;
const own = pubkey("aa".repeat(32));
const peer = pubkey("bb".repeat(32));
const signature = Buffer.alloc(64, 1);

test("a store reply repeats hash and time where old clients look for them", () => {
  const mine = storeEntry(HASH, signature, NOW + 5, false);
  const reply = storeReply(
    new Map<Pubkey, StoreEntry | FailedEntry>([
      [own, mine],
      [peer, { failed: true, timeout: true }],
    ]),
    own,
    HASH,
    NOW,
  );
  assert.deepEqual(reply, {
    hash: HASH,
    swarm: {
      [own]: { hash: HASH, signature: signature.toString("base64"), expiry: NOW + 5, t: NOW },
      [peer]: { failed: true, timeout: true },
    },
    t: NOW,
    hf: [19, 3],
  });
  assert.equal(storeEntry(HASH, signature, 1, true).already, true);
});

test("a failed own entry of a store gets no time", () => {
  const entries = new Map([[own, { failed: true, query_failure: true } as const]]);
  assert.deepEqual(storeReply(entries, own, HASH, NOW).swarm[own], { failed: true, query_failure: true });
});

test("a delete that had to find something and did not is a 404 with the usual body", () => {
  const nothing = new Map<Pubkey, DeleteEntry | FailedEntry>([
    [own, deleteEntry([], signature)],
    [peer, refusedEntry(503, "busy")],
  ]);
  assert.equal(deleteReply(nothing, true, NOW).status, 404);
  assert.equal(deleteReply(nothing, false, NOW).status, 200);
  assert.deepEqual(deleteReply(nothing, true, NOW).body.swarm[peer], { failed: true, code: "503", reason: "busy" });
  const found = new Map<Pubkey, DeleteEntry | FailedEntry>([
    [own, deleteEntry([], signature)],
    [peer, deleteEntry([HASH, OTHER], signature)],
  ]);
  const reply = deleteReply(found, true, NOW);
  assert.equal(reply.status, 200);
  assert.deepEqual(Object.keys(reply.body), ["swarm", "t", "hf"]);
  assert.deepEqual((reply.body.swarm[peer] as { deleted: string[] }).deleted, [OTHER, HASH]);
});

test("a retrieve reply names the expiry `expiration`", () => {
  const message = { hash: HASH, timestamp: 1, expiry: 2, data: Buffer.from("hello") };
  assert.deepEqual(retrieveReply([message], true, NOW), {
    messages: [{ hash: HASH, timestamp: 1, expiration: 2, data: "aGVsbG8=" }],
    more: true,
    t: NOW,
    hf: [19, 3],
  });
});

test("info tells the Session version whose behaviour this is", () => {
  assert.deepEqual(infoReply(NOW), { version: [2, 11, 0], timestamp: NOW, t: NOW, hf: [19, 3] });
});

test("a swarm is shaped with string port, base32z address and unpadded id", () => {
  const member = { pubkey: own, x25519: Buffer.alloc(32, 2), ip: "203.0.113.7", httpsPort: 22021, peerPort: 22020 };
  const json = swarmJson(0xabcn, [member], NOW);
  assert.equal(json.swarm, "abc");
  assert.deepEqual(json.snodes[0], {
    address: `${base32z(Buffer.alloc(32, 0xaa))}.snode`,
    pubkey_legacy: own,
    pubkey_x25519: "02".repeat(32),
    pubkey_ed25519: own,
    port: "22021",
    port_https: 22021,
    port_omq: 22020,
    port_quic: 22020,
    ip: "203.0.113.7",
  });
  assert.match(json.snodes[0]?.address ?? "", /^[a-z1-9]{52}\.snode$/);
});

test("without any swarm the id is the reserved one", () => {
  assert.deepEqual(swarmJson(undefined, [], NOW), { snodes: [], swarm: "ffffffffffffffff", t: NOW, hf: [19, 3] });
});
