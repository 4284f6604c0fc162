import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeKeysFromSeed } from "@swarmpost/crypto";
import * as fc from "fast-check";
import { decodeProof, encodeProof, encodeProofFields, networkId, type UptimeProof } from "./index.ts";

const keys = nodeKeysFromSeed(Buffer.alloc(32, 9));
const u16 = fc.integer({ min: 0, max: 0xffff });
const proof: fc.Arbitrary<UptimeProof> = fc.record({
  pubkey: fc.constant(keys.pubkey),
  network: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
  ip: fc.ipV4(),
  httpsPort: u16,
  peerPort: u16,
  replicaPort: u16,
  certificate: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  version: fc.tuple(u16, u16, u16),
  time: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
});
const fields = {
  crt: Buffer.from("c"),
  ip: "203.0.113.7",
  net: Buffer.alloc(32, 4),
  pke: keys.ed25519.publicKey,
  q: 1,
  rp: 3,
  shp: 2,
  sop: 1,
  sv: [2, 11, 0],
  t: 5,
  v: [2, 11, 0],
};

test("a proof comes out as it went in", () => {
  fc.assert(fc.property(proof, (p) => assert.deepEqual(decodeProof(encodeProof(p)), { ...p })));
});

test("a proof cut short or followed by more is malformed", () => {
  fc.assert(
    fc.property(proof, fc.nat(), (p, at) => {
      const bytes = encodeProof(p);
      assert.equal(decodeProof(bytes.subarray(0, at % bytes.length)), undefined);
      assert.equal(decodeProof(Buffer.concat([bytes, Buffer.from("e")])), undefined);
    }),
  );
});

test("reading any bytes never throws", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => assert.equal(decodeProof(bytes), undefined)));
});

test("keys of later versions are passed over", () => {
  const read = decodeProof(encodeProofFields({ ...fields, zz: "later", l2: 7 }));
  assert.equal(read?.pubkey, keys.pubkey);
  assert.equal(read?.httpsPort, 2);
});

test("a field that is missing, out of range or of the wrong kind makes a proof malformed", () => {
  for (const key of Object.keys(fields)) {
    const { [key as keyof typeof fields]: _gone, ...rest } = fields;
    assert.equal(decodeProof(encodeProofFields(rest)), undefined, key);
    assert.equal(decodeProof(encodeProofFields({ ...fields, [key]: -1 })), undefined, key);
    assert.equal(decodeProof(encodeProofFields({ ...fields, [key]: [1, 2] })), undefined, key);
  }
  for (const ip of ["203.0.113", "203.0.113.07", "203.0.113.256", "::1", "localhost"]) {
    assert.equal(decodeProof(encodeProofFields({ ...fields, ip })), undefined, ip);
  }
  assert.equal(decodeProof(encodeProofFields({ ...fields, shp: 65_536 })), undefined);
  assert.equal(decodeProof(encodeProofFields({ ...fields, q: 4 })), undefined);
  assert.equal(decodeProof(encodeProofFields({ ...fields, net: Buffer.alloc(31) })), undefined);
});

test("networks differ by chain and by contract, and have the names that the protocol document shows", () => {
  const contract = Buffer.alloc(20, 1);
  const id = networkId(31_337n, contract);
  assert.notDeepEqual(networkId(31_338n, contract), id);
  assert.notDeepEqual(networkId(31_337n, Buffer.alloc(20, 2)), id);
  assert.equal(id.toString("hex"), "789638f2036e117153846a1e87ebdecd657b80bf5b0161b432f85a11d469e161");
});
