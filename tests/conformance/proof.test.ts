import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { nodeKeysFromSeed, sign, verify } from "@swarmpost/crypto";
import { encodeProofFields, proofHash } from "@swarmpost/proof";

interface Vector {
  fields: Record<string, string | number | number[]>;
  seed: string;
  pubkey_ed25519: string;
  serialized_hex: string;
  proof_hash: string;
  ed_sig: string;
}

const path = new URL("./vectors/chain.json", import.meta.url);
const vector = (JSON.parse(readFileSync(path, "utf8")) as { uptime_proof_hf21: Vector }).uptime_proof_hf21;
const keys = nodeKeysFromSeed(Buffer.from(vector.seed, "hex"));

test("an uptime proof encodes to oxen-core's bytes", () => {
  assert.equal(keys.pubkey, vector.pubkey_ed25519);
  const bytes = encodeProofFields({ ...vector.fields, pke: keys.ed25519.publicKey });
  assert.equal(bytes.toString("hex"), vector.serialized_hex);
});

test("an uptime proof hashes and signs as oxen-core's does", () => {
  const hash = proofHash(Buffer.from(vector.serialized_hex, "hex"));
  assert.equal(hash.toString("hex"), vector.proof_hash);
  const signature = Buffer.from(vector.ed_sig, "hex");
  assert.equal(sign(hash, keys.ed25519.secretKey).toString("hex"), vector.ed_sig);
  assert.ok(verify(signature, hash, keys.ed25519.publicKey));
});
