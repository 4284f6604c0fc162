import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import {
  type OfferedNode,
  parseSeedSignature,
  seedAnswerDigest,
  seedSignatureText,
  type SeedStatement,
  signSeedAnswer,
  verifySeedAnswer,
} from "./index.ts";

const seed = nodeKeysFromSeed(generateSeed());
const nodes: OfferedNode[] = Array.from({ length: 5 }, (_, index) => {
  const keys = nodeKeysFromSeed(generateSeed());
  const swarmId = index === 0 ? 2n ** 64n - 1n : BigInt(index);
  const operator = `0x${"0a".repeat(20)}`;
  const { pubkey, x25519 } = keys;
  return { pubkey, x25519: x25519.publicKey, ip: `203.0.113.${index}`, httpsPort: 22021, swarmId, operator };
});

const statement: SeedStatement = {
  t: 1_800_000_000_000,
  height: 1_234,
  blockHash: Buffer.alloc(32, 1),
  mapHash: Buffer.alloc(32, 2),
  total: nodes.length,
};

test("a seed's signature holds for the same nodes in any order and for no others", () => {
  const signed = signSeedAnswer(seedAnswerDigest(nodes), statement, seed);
  assert.equal(signed.signer, seed.pubkey);
  assert.equal(verifySeedAnswer(nodes.toReversed(), signed), true);
  const [first, ...rest] = nodes;
  assert.ok(first);
  const changes: Partial<OfferedNode>[] = [
    { ip: "203.0.113.99" },
    { httpsPort: 1 },
    { swarmId: 9n },
    { x25519: Buffer.alloc(32) },
    { pubkey: seed.pubkey },
    { operator: `0x${"0b".repeat(20)}` },
  ];
  for (const change of changes) assert.equal(verifySeedAnswer([{ ...first, ...change }, ...rest], signed), false);
  const { operator: _, ...unnamed } = first;
  assert.equal(verifySeedAnswer([unnamed, ...rest], signed), false, "the operator was taken away");
  assert.equal(verifySeedAnswer(rest, signed), false);
  const others: Partial<SeedStatement>[] = [
    { t: signed.t + 1 },
    { height: 1_235 },
    { blockHash: statement.mapHash },
    { mapHash: statement.blockHash },
    { total: 4 },
    { t: -1 },
    { mapHash: Buffer.alloc(31) },
  ];
  for (const other of others) assert.equal(verifySeedAnswer(nodes, { ...signed, ...other }), false);
  assert.equal(verifySeedAnswer(nodes, { ...signed, signer: first.pubkey }), false);
  assert.equal(verifySeedAnswer(nodes, { ...signed, signature: Buffer.alloc(3) }), false);
});

test("a record that does not fit its fields is never signed and never verifies", () => {
  const [first] = nodes;
  assert.ok(first);
  for (const ip of ["", "1.2.3", "1.2.3.256", "::1", "1.2.3.x", "1.2.3.4.5"]) {
    assert.throws(() => seedAnswerDigest([{ ...first, ip }]), RangeError);
    assert.equal(
      verifySeedAnswer([{ ...first, ip }], signSeedAnswer(Buffer.alloc(32), { ...statement, total: 1 }, seed)),
      false,
    );
  }
  for (const operator of ["", "0x", "0x12", "nobody"]) {
    assert.throws(() => seedAnswerDigest([{ ...first, operator }]), RangeError);
  }
});

test("a signature over a part of the list that says how long the list is does not verify for that part", () => {
  const part = nodes.slice(1);
  const signed = signSeedAnswer(seedAnswerDigest(part), statement, seed);
  assert.equal(verifySeedAnswer(part, signed), false);
});

test("a signature is read from its text as it was, and from nothing that lacks a field", () => {
  const signed = signSeedAnswer(seedAnswerDigest(nodes), statement, seed);
  const field = JSON.parse(seedSignatureText(signed)) as Record<string, unknown>;
  assert.deepEqual(parseSeedSignature(field), signed);
  for (const name of Object.keys(field)) {
    for (const value of [undefined, -1, "x", {}])
      assert.equal(parseSeedSignature({ ...field, [name]: value }), undefined);
  }
  for (const value of [undefined, null, "x", []]) assert.equal(parseSeedSignature(value), undefined);
});
