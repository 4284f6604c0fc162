import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeKeysFromSeed, type Pubkey, pubkey } from "@swarmpost/crypto";
import {
  allowedAddress,
  encodeProof,
  networkId,
  PROOF_CHANGES_PER_HOUR,
  type PreviousProof,
  type ProofRefusal,
  type ProofRules,
  signProof,
  type UptimeProof,
  verifyProof,
} from "./index.ts";

/** Self-signed certificates on the keys of seeds 01…01 and 02…02, as libs/rpc makes them. */
const certificates = [1, 2].map((fill) => certificateOn(fill));
const keys = nodeKeysFromSeed(Buffer.alloc(32, 1));
const nowMs = 1_700_000_000_000;
const proof: UptimeProof = {
  pubkey: keys.pubkey,
  network: networkId(1n, Buffer.alloc(20, 5)),
  ip: "203.0.113.7",
  httpsPort: 22_021,
  peerPort: 22_020,
  replicaPort: 22_022,
  certificate: certificates[0] as Buffer,
  version: [2, 11, 0],
  time: BigInt(nowMs / 1_000),
};
const rules: ProofRules = {
  nowMs,
  network: proof.network,
  registered: () => true,
  allowedAddress: allowedAddress("public"),
  previous: () => undefined,
  minimumVersion: [2, 11, 0],
};

/** A minimal certificate: only its key matters to a verifier of proofs. */
function certificateOn(fill: number): Buffer {
  const { ed25519 } = nodeKeysFromSeed(Buffer.alloc(32, fill));
  const hex = [
    "3081a63059020101300506032b6570300c310a300806035504030c0161301e170d3230303130313030303030305a170d3439313233313233353935395a",
    "300c310a300806035504030c0161302a300506032b6570032100",
    ed25519.publicKey.toString("hex"),
    "300506032b6570034100",
    "00".repeat(64),
  ];
  const bytes = Buffer.from(hex.join(""), "hex");
  return fixLengths(bytes);
}

/** Sets the two outer DER lengths from what follows. */
function fixLengths(bytes: Buffer): Buffer {
  const body = bytes.subarray(5);
  const tbs = body.subarray(0, body.length - 7 - 67);
  const rest = body.subarray(body.length - 7 - 67);
  const inner = Buffer.concat([Buffer.from([0x30, 0x81, tbs.length]), tbs, rest]);
  return Buffer.concat([Buffer.from([0x30, 0x81, inner.length]), inner]);
}

function verdict(change: Partial<UptimeProof>, rule: Partial<ProofRules> = {}): ProofRefusal | "ok" {
  const result = verifyProof(signProof({ ...proof, ...change }, keys), { ...rules, ...rule });
  return result.ok ? "ok" : result.reason;
}

function previous(ageMs: number, change: Partial<UptimeProof> = {}, changesMs: number[] = []): Partial<ProofRules> {
  const before = { ...proof, time: BigInt(Math.floor((nowMs - ageMs) / 1_000)), ...change };
  const known: PreviousProof = { proof: before, receivedMs: nowMs - ageMs, changesMs };
  return { previous: () => known };
}

test("a good proof of a registered node is accepted", () => {
  assert.deepEqual(verifyProof(signProof(proof, keys), rules), { ok: true, proof, changed: false });
});

test("bytes that are no proof are malformed", () => {
  const { signature } = signProof(proof, keys);
  assert.deepEqual(verifyProof({ proof: Buffer.from("de"), signature }, rules), { ok: false, reason: "malformed" });
});

test("a proof for another network is refused whatever it says, and any proof while the network is not known", () => {
  const network = networkId(2n, Buffer.alloc(20, 5));
  assert.equal(verdict({ network }), "network");
  assert.equal(verdict({ network, time: 0n, ip: "0.0.0.0", httpsPort: 0 }), "network");
  assert.equal(verdict({ network }, { network }), "ok");
  assert.equal(verdict({}, { network: undefined }), "network");
});

test("a proof cannot be carried to another network by writing that one's name into it", () => {
  const network = networkId(2n, Buffer.alloc(20, 5));
  const { signature } = signProof(proof, keys);
  const carried = { proof: encodeProof({ ...proof, network }), signature };
  assert.deepEqual(verifyProof(carried, { ...rules, network }), { ok: false, reason: "signature" });
});

test("a time more than 300 s from ours, either way, is refused", () => {
  assert.equal(verdict({ time: proof.time - 300n }), "ok");
  assert.equal(verdict({ time: proof.time + 300n }), "ok");
  assert.equal(verdict({ time: proof.time - 301n }), "time");
  assert.equal(verdict({ time: proof.time + 301n }), "time");
});

test("a version below the minimum is refused, a higher one is not", () => {
  assert.equal(verdict({ version: [2, 10, 99] }), "version");
  assert.equal(verdict({ version: [1, 99, 99] }), "version");
  assert.equal(verdict({ version: [3, 0, 0] }), "ok");
  assert.equal(verdict({ version: [2, 11, 1] }), "ok");
});

test("an address that the network does not believe is refused", () => {
  assert.equal(verdict({ ip: "127.0.0.1" }), "address");
  assert.equal(verdict({ ip: "127.0.0.1" }, { allowedAddress: allowedAddress("private") }), "ok");
});

test("a key that is no point of the curve is refused before its signature is looked at", () => {
  assert.equal(verdict({ pubkey: pubkey(Buffer.alloc(32)) }), "key");
});

test("a proof signed by another node, or changed after signing, is refused", () => {
  const other = nodeKeysFromSeed(Buffer.alloc(32, 2));
  const forged = signProof(proof, other);
  assert.deepEqual(verifyProof(forged, rules), { ok: false, reason: "signature" });
  const { signature } = signProof(proof, keys);
  const changed = signProof({ ...proof, ip: "203.0.113.8" }, keys).proof;
  assert.deepEqual(verifyProof({ proof: changed, signature }, rules), { ok: false, reason: "signature" });
});

test("a port of zero is refused", () => {
  assert.equal(verdict({ httpsPort: 0 }), "ports");
  assert.equal(verdict({ peerPort: 0 }), "ports");
  assert.equal(verdict({ replicaPort: 0 }), "ports");
});

test("a certificate on another key, or none at all, is refused", () => {
  assert.equal(verdict({ certificate: certificates[1] as Buffer }), "certificate");
  assert.equal(verdict({ certificate: Buffer.from("no certificate") }), "certificate");
});

test("a node that is not registered is refused", () => {
  const asked: Pubkey[] = [];
  const registered = (node: Pubkey): boolean => {
    asked.push(node);
    return false;
  };
  assert.equal(verdict({}, { registered }), "unregistered");
  assert.deepEqual(asked, [keys.pubkey]);
});

test("a proof that is not newer than the previous one is refused, even with a new address", () => {
  assert.equal(verdict({}, previous(0)), "not-newer");
  assert.equal(verdict({ ip: "203.0.113.8" }, previous(0)), "not-newer");
});

test("an unchanged proof is refused for 30 minutes after the one before", () => {
  assert.equal(verdict({}, previous(30 * 60_000)), "too-soon");
  assert.equal(verdict({}, previous(30 * 60_000 + 1_000)), "ok");
});

test("a new address, port or certificate is taken at once", () => {
  const renewed = Buffer.from(certificates[0] as Buffer);
  renewed[renewed.length - 1] = 1;
  for (const change of [
    { ip: "203.0.113.8" },
    { httpsPort: 1 },
    { peerPort: 1 },
    { replicaPort: 1 },
    { certificate: renewed },
  ]) {
    assert.equal(verdict(change, previous(5_000)), "ok");
  }
});

test("changes are taken six times an hour at most", () => {
  const change = { ip: "203.0.113.8" };
  const times = Array.from({ length: PROOF_CHANGES_PER_HOUR }, (_, i) => nowMs - i * 60_000);
  assert.equal(verdict(change, previous(5_000, {}, times)), "too-many-changes");
  assert.equal(verdict(change, previous(5_000, {}, times.slice(1))), "ok");
  assert.equal(verdict(change, previous(5_000, {}, [...times.slice(1), nowMs - 3_600_000])), "ok");
});

test("when several reasons hold, the first of the order is given", () => {
  const none = { registered: () => false };
  assert.equal(verdict({ time: 0n, version: [0, 0, 0], ip: "0.0.0.0", httpsPort: 0 }, none), "time");
  assert.equal(verdict({ version: [0, 0, 0], ip: "0.0.0.0", httpsPort: 0 }, none), "version");
  assert.equal(verdict({ ip: "0.0.0.0", httpsPort: 0 }, none), "address");
  assert.equal(verdict({ httpsPort: 0, certificate: Buffer.alloc(0) }, none), "ports");
  assert.equal(verdict({ certificate: Buffer.alloc(0) }, none), "certificate");
  assert.equal(verdict({}, { ...none, ...previous(0) }), "unregistered");
});
