import assert from "node:assert/strict";
import { test } from "node:test";
import {
  blake2b,
  clientChannelKey,
  type EncType,
  ed25519PublicToX25519,
  ed25519SecretToX25519,
  keccak256,
  nodeKeysFromSeed,
  serverChannelKey,
  sign,
  signingKeyPairFromSeed,
  verify,
  x25519PublicKey,
  x25519SharedSecret,
} from "@swarmpost/crypto";
import { clientVectors, readJson } from "./recorded.ts";

const ENC_TYPES: EncType[] = ["aes-gcm", "aes-cbc", "xchacha20"];
const hex = (text: string): Buffer => Buffer.from(text, "hex");

const storage = readJson<{
  onion_channel_crypto: {
    keys: Record<"alice_pubkey" | "alice_seckey" | "bob_pubkey" | "bob_seckey", string>;
    plaintext_utf8: string;
    ciphertext_overhead_for_this_plaintext: Record<EncType, number>;
    derived: Record<string, string>;
  };
  onion_hop_decrypt: {
    client_pub_A: string;
    client_sec_a: string;
    server_pub_B: string;
    server_sec_b: string;
    plaintext_utf8: string;
    aes_gcm: string;
    xchacha20: string;
    must_fail: Record<string, string>;
  };
  onion_test_ephemeral_key: { sec: string; pub: string };
}>("storage.json");

const {
  keys,
  plaintext_utf8: grumpy,
  ciphertext_overhead_for_this_plaintext: overhead,
  derived,
} = storage.onion_channel_crypto;
const alice = { public: hex(keys.alice_pubkey), secret: hex(keys.alice_seckey) };
const bob = { public: hex(keys.bob_pubkey), secret: hex(keys.bob_seckey) };

test("the storage server's key pairs share the recorded secret", () => {
  assert.equal(x25519SharedSecret(alice.secret, bob.public).toString("hex"), derived["x25519_shared"]);
  assert.equal(x25519SharedSecret(bob.secret, alice.public).toString("hex"), derived["x25519_shared"]);
  const ephemeral = storage.onion_test_ephemeral_key;
  assert.equal(x25519PublicKey(hex(ephemeral.sec)).toString("hex"), ephemeral.pub);
});

for (const encType of ENC_TYPES) {
  const client = clientChannelKey(encType, alice.secret, alice.public, bob.public);
  const server = serverChannelKey(encType, bob.secret, bob.public, alice.public);

  test(`${encType} has upstream's overhead and opens at the other end`, () => {
    const sealed = client.seal(Buffer.from(grumpy));
    assert.equal(sealed.length - grumpy.length, overhead[encType]);
    assert.equal(server.open(sealed)?.toString(), grumpy);
    assert.equal(client.open(server.seal(Buffer.from(grumpy)))?.toString(), grumpy);
  });

  test(`${encType} opens the recorded ciphertext with a known nonce`, () => {
    const name = Object.keys(derived).find((key) => key.startsWith(`${encType.replace("-", "_")}_with_`));
    assert.ok(name);
    assert.equal(server.open(hex(derived[name] ?? ""))?.toString(), grumpy);
  });
}

test("xchacha20 does not open with the roles of client and server swapped", () => {
  const client = clientChannelKey("xchacha20", alice.secret, alice.public, bob.public);
  const swapped = serverChannelKey("xchacha20", alice.secret, alice.public, bob.public);
  assert.equal(swapped.open(client.seal(Buffer.from(grumpy))), undefined);
});

test("libsession's hop ciphertexts open, broken ones don't (storage vectors)", () => {
  const hop = storage.onion_hop_decrypt;
  const open = (encType: EncType, text: string) =>
    serverChannelKey(encType, hex(hop.server_sec_b), hex(hop.server_pub_B), hex(hop.client_pub_A)).open(hex(text));
  assert.equal(open("aes-gcm", hop.aes_gcm)?.toString(), hop.plaintext_utf8);
  assert.equal(open("xchacha20", hop.xchacha20)?.toString(), hop.plaintext_utf8);
  for (const [name, text] of Object.entries(hop.must_fail)) {
    assert.equal(open(name.includes("gcm") ? "aes-gcm" : "xchacha20", text), undefined, name);
  }
});

test("libsession's hop ciphertexts open, broken ones don't (client vectors)", () => {
  const [vector] = clientVectors<Record<string, string>>("onion_hop_encryption");
  assert.ok(vector);
  const names = Object.keys(vector).filter((name) => name.startsWith("enc_"));
  assert.ok(names.length >= 4);
  for (const name of names) {
    const encType = name.includes("gcm") ? "aes-gcm" : "xchacha20";
    const key = serverChannelKey(encType, hex(vector["b"] ?? ""), hex(vector["B"] ?? ""), hex(vector["A"] ?? ""));
    const expected: string | undefined = name.includes("broken") ? undefined : vector["plaintext_utf8"];
    assert.equal(key.open(hex(vector[name] ?? ""))?.toString(), expected, name);
  }
});

test("blake2b matches libsession, with and without a key shorter than libsodium advises", () => {
  const vectors = clientVectors<{ size: number; key_utf8: string | null; message_utf8: string; hash_hex: string }>(
    "blake2b",
  );
  assert.equal(vectors.length, 3);
  for (const { size, key_utf8, message_utf8, hash_hex } of vectors) {
    const key = key_utf8 === null ? undefined : Buffer.from(key_utf8);
    assert.equal(blake2b(size, Buffer.from(message_utf8), key).toString("hex"), hash_hex);
  }
});

test("Ed25519 keys convert to libsession's X25519 keys", () => {
  const publics = clientVectors<{ ed25519_pubkey: string; x25519_pubkey: string }>("ed25519_pk_to_x25519");
  const secrets = clientVectors<{ ed25519_secret64: string; x25519_secret: string }>("ed25519_sk_to_x25519");
  assert.deepEqual([publics.length, secrets.length], [2, 2]);
  for (const { ed25519_pubkey, x25519_pubkey } of publics) {
    assert.equal(ed25519PublicToX25519(hex(ed25519_pubkey))?.toString("hex"), x25519_pubkey);
  }
  for (const { ed25519_secret64, x25519_secret } of secrets) {
    assert.equal(ed25519SecretToX25519(hex(ed25519_secret64)).toString("hex"), x25519_secret);
  }
});

test("libsession's seeds give its Ed25519 key pairs, which sign", () => {
  const literals = new Map(clientVectors<{ name: string; hex: string }>("ed25519_literal").map((v) => [v.name, v.hex]));
  const expected = new Map(
    clientVectors<{ expr: string; hex: string }>("ed25519_expected").map((v) => [v.expr, v.hex]),
  );
  for (const which of ["1", "2"]) {
    const seed = hex(literals.get(`ed_seed${which}`) ?? "");
    const { publicKey, secretKey } = signingKeyPairFromSeed(seed);
    assert.equal(publicKey.toString("hex"), expected.get(`kp${which}`));
    assert.equal(secretKey.subarray(0, 32).toString("hex"), expected.get(`seed${which}`));
    assert.ok(secretKey.toString("hex").startsWith(literals.get(`ed_sk${which}`) ?? "missing"));
    assert.ok(verify(sign(seed, secretKey), seed, publicKey));
  }
  assert.equal(
    signingKeyPairFromSeed(hex(literals.get("ed_seed") ?? "")).publicKey.toString("hex"),
    literals.get("ed_pk"),
  );
});

test("every account seed gives its Ed25519 and X25519 keys", () => {
  const accounts =
    clientVectors<
      Record<"ed25519_seed32" | "ed25519_pubkey" | "ed25519_secret64" | "x25519_secret" | "session_id", string>
    >("account");
  assert.equal(accounts.length, 7);
  for (const account of accounts) {
    const derivedKeys = nodeKeysFromSeed(hex(account.ed25519_seed32));
    assert.equal(derivedKeys.pubkey, account.ed25519_pubkey);
    assert.equal(derivedKeys.ed25519.secretKey.toString("hex"), account.ed25519_secret64);
    assert.equal(derivedKeys.x25519.secretKey.toString("hex"), account.x25519_secret);
    assert.equal(`05${derivedKeys.x25519.publicKey.toString("hex")}`, account.session_id);
  }
});

test("libsession's group seed gives the key of its group ID", () => {
  const [vector] = clientVectors<{ hex_literals: string[] }>("group_swarm_auth_literals");
  const publicKeys = (vector?.hex_literals ?? [])
    .slice(0, 3)
    .map((seed) => nodeKeysFromSeed(hex(seed)))
    .flatMap((node) => [node.pubkey as string, `05${node.x25519.publicKey.toString("hex")}`]);
  for (const literal of vector?.hex_literals.slice(3) ?? []) {
    assert.ok(publicKeys.includes(literal.startsWith("03") ? literal.slice(2) : literal), literal);
  }
});

test("keccak-256 matches Oxen's literals", () => {
  const { bls, uptime_proof_hf21: proof } = readJson<{
    bls: { keccak: [string, string][] };
    uptime_proof_hf21: Record<"seed" | "pubkey_ed25519" | "serialized_hex" | "proof_hash" | "ed_sig", string>;
  }>("chain.json");
  assert.equal(bls.keccak.length, 2);
  for (const [text, hash] of bls.keccak) assert.equal(keccak256(Buffer.from(text)).toString("hex"), hash);
  const hash = keccak256(hex(proof.serialized_hex));
  assert.equal(hash.toString("hex"), proof.proof_hash);
  const node = nodeKeysFromSeed(hex(proof.seed));
  assert.equal(node.pubkey, proof.pubkey_ed25519);
  assert.equal(sign(hash, node.ed25519.secretKey).toString("hex"), proof.ed_sig);
});
