import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { AcceptedProofSchema } from "@swarmpost/protos";
import { ContactBook } from "./contact-book.ts";
import { testProof, testPubkeys } from "./test-sources.ts";

const [a, b] = testPubkeys(0, 1) as [Pubkey, Pubkey];
const lifetimeMs = 7_500_000;
const portOf = (book: ContactBook, node: Pubkey): number | undefined => book.contacts.get(node)?.httpsPort;

test("a newer proof replaces the contact, an older or equal one does not", () => {
  const book = new ContactBook({ lifetimeMs });
  assert.equal(book.accept([testProof(a, 100, { port: 1 })]), true);
  assert.equal(book.accept([testProof(a, 99, { port: 2 }), testProof(a, 100, { port: 1 })]), false);
  assert.equal(portOf(book, a), 1);
  assert.equal(book.accept([testProof(a, 101, { port: 3 })]), true);
  assert.equal(portOf(book, a), 3);
});

test("a dropped proof takes the contact away until a newer one comes", () => {
  const book = new ContactBook({ lifetimeMs });
  book.accept([testProof(a, 100), testProof(b, 100)]);
  assert.equal(book.drop([pubkeyBytes(a)]), true);
  assert.equal(book.drop([pubkeyBytes(a)]), false);
  assert.deepEqual([...book.contacts.keys()], [b]);
  assert.equal(book.accept([testProof(a, 100)]), false, "an answer that was on its way");
  assert.equal(book.accept([testProof(a, 101)]), true);
});

test("a source that forgot everything does not take away contacts that are still valid", () => {
  const book = new ContactBook({ lifetimeMs });
  book.accept([testProof(a, 1, { receivedMs: 1_000 }), testProof(b, 1, { receivedMs: 2_000_000 })]);
  assert.equal(book.replace([], 1_000 + lifetimeMs - 1), false);
  assert.equal(book.replace([], 1_000 + lifetimeMs), true);
  assert.deepEqual([...book.contacts.keys()], [b]);
});

test("a contact that has run out stays while its source still gives it", () => {
  const book = new ContactBook({ lifetimeMs });
  const proof = testProof(a, 1, { receivedMs: 1_000 });
  book.accept([proof]);
  assert.equal(book.replace([proof], 10 * lifetimeMs), false);
  assert.equal(book.contacts.size, 1);
});

test("while the source is away a contact that runs out is marked at once and goes a day later", () => {
  const book = new ContactBook({ lifetimeMs });
  const end = 1_000_000 + lifetimeMs;
  book.replace([testProof(a, 1, { receivedMs: 1_000_000 })], 1_000_000);
  assert.equal(book.age(end - 1), false);
  assert.equal(book.age(end), true);
  assert.equal(book.age(end + 1), false);
  assert.deepEqual([[...book.expired], [...book.contacts.keys()]], [[a], [a]]);
  assert.equal(book.age(end + 24 * 3_600_000), true);
  assert.deepEqual([book.expired.size, book.contacts.size], [0, 0]);
});

test("a contact that ran out is unmarked by a newer proof, or when its source is back and still gives it", () => {
  const book = new ContactBook({ lifetimeMs });
  const [first, second] = [testProof(a, 1, { receivedMs: 1_000 }), testProof(b, 1, { receivedMs: 1_000 })];
  book.replace([first, second], 1_000);
  const nowMs = 2_000 + lifetimeMs;
  book.age(nowMs);
  assert.equal(book.expired.size, 2);
  assert.equal(book.accept([testProof(a, 2, { receivedMs: nowMs })]), true);
  assert.deepEqual([...book.expired], [b]);
  assert.equal(book.replace([second], nowMs), true);
  assert.equal(book.expired.size, 0);
});

test("a clock that ran days ahead for a moment costs a contact only until its source gives it again", () => {
  const book = new ContactBook({ lifetimeMs });
  const proof = testProof(a, 1, { receivedMs: 1_000_000 });
  book.replace([proof], 1_000_000);
  assert.equal(book.age(1_000_000 + 3 * 24 * 3_600_000), true);
  assert.equal(book.contacts.size, 0);
  assert.equal(book.replace([proof], 1_001_000), true);
  assert.deepEqual([[...book.contacts.keys()], book.expired.size], [[a], 0]);
});

test("what is no proof changes nothing", () => {
  const book = new ContactBook({ lifetimeMs });
  book.accept([testProof(a, 1)]);
  const broken = [{}, { signed: { proof: Buffer.from("no proof"), signature: Buffer.alloc(64, 9) } }];
  assert.equal(book.accept(broken.map((proof) => create(AcceptedProofSchema, proof))), false);
  assert.equal(book.contacts.size, 1);
});
