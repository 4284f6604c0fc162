import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  CryptoError,
  ed25519PublicToX25519,
  ed25519SecretToX25519,
  generateSeed,
  nodeKeysFromSeed,
  openSealedBox,
  pubkey,
  pubkeyBytes,
  sealBox,
  sign,
  signingKeyPairFromSeed,
  verify,
  x25519KeyPair,
  x25519PublicKey,
  x25519SharedSecret,
} from "./index.ts";

const badKey = (error: unknown): boolean => error instanceof CryptoError && error.code === "bad-key";

test("RFC 8032's first test vector signs and verifies", () => {
  const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
  const { publicKey, secretKey } = signingKeyPairFromSeed(seed);
  const signature =
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
  assert.equal(publicKey.toString("hex"), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  assert.equal(sign(Buffer.alloc(0), secretKey).toString("hex"), signature);
  assert.ok(verify(Buffer.from(signature, "hex"), Buffer.alloc(0), publicKey));
});

test("a signature holds for its own message and key only", () => {
  const mine = signingKeyPairFromSeed(generateSeed());
  const other = signingKeyPairFromSeed(generateSeed());
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(511), (message, bit) => {
      const signature = sign(message, mine.secretKey);
      assert.ok(verify(signature, message, mine.publicKey));
      assert.ok(!verify(signature, message, other.publicKey));
      assert.ok(!verify(signature, Buffer.concat([message, Buffer.of(0)]), mine.publicKey));
      signature.writeUInt8(signature.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      assert.ok(!verify(signature, message, mine.publicKey));
    }),
    { numRuns: 40 },
  );
});

test("verification of impossible sizes is false, not an exception", () => {
  const { publicKey } = signingKeyPairFromSeed(generateSeed());
  assert.equal(verify(Buffer.alloc(63), Buffer.alloc(1), publicKey), false);
  assert.equal(verify(Buffer.alloc(64), Buffer.alloc(1), publicKey.subarray(1)), false);
  assert.equal(verify(Buffer.alloc(64), Buffer.alloc(0), Buffer.alloc(32)), false);
});

test("both halves of a converted key pair belong together", () => {
  const keys = nodeKeysFromSeed(generateSeed());
  assert.deepEqual(ed25519PublicToX25519(keys.ed25519.publicKey), keys.x25519.publicKey);
  assert.deepEqual(x25519PublicKey(ed25519SecretToX25519(keys.ed25519.secretKey)), keys.x25519.publicKey);
  assert.equal(keys.pubkey, keys.ed25519.publicKey.toString("hex"));
});

test("bytes that are no point convert to nothing", () => {
  assert.equal(ed25519PublicToX25519(Buffer.alloc(32)), undefined);
  assert.equal(ed25519PublicToX25519(Buffer.alloc(31)), undefined);
});

test("node keys keep their own copy of the seed", () => {
  const seed = generateSeed();
  const keys = nodeKeysFromSeed(seed);
  const again = nodeKeysFromSeed(keys.ed25519.seed);
  seed.fill(0);
  assert.equal(nodeKeysFromSeed(keys.ed25519.seed).pubkey, again.pubkey);
});

test("node keys are branded from hex in either case or bytes, and from nothing else", () => {
  const { pubkey: key } = nodeKeysFromSeed(generateSeed());
  assert.equal(pubkey(key.toUpperCase()), key);
  assert.equal(pubkey(pubkeyBytes(key)), key);
  for (const bad of ["", key.slice(1), `${key}00`, `zz${key.slice(2)}`, Buffer.alloc(31)]) {
    assert.throws(() => pubkey(bad), badKey);
  }
});

test("secrets of other lengths are refused", () => {
  assert.throws(() => signingKeyPairFromSeed(Buffer.alloc(31)), badKey);
  assert.throws(() => sign(Buffer.alloc(1), Buffer.alloc(32)), badKey);
  assert.throws(() => ed25519SecretToX25519(Buffer.alloc(32)), badKey);
  assert.throws(() => x25519PublicKey(Buffer.alloc(33)), badKey);
});

test("both ends of an exchange get the same secret", () => {
  const a = x25519KeyPair();
  const b = x25519KeyPair();
  assert.deepEqual(x25519SharedSecret(a.secretKey, b.publicKey), x25519SharedSecret(b.secretKey, a.publicKey));
});

test("a sealed box opens for its key only and not when changed", () => {
  const { publicKey, secretKey } = x25519KeyPair();
  const other = x25519KeyPair();
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(), (message, place) => {
      const sealed = sealBox(message, publicKey);
      assert.deepEqual(openSealedBox(sealed, publicKey, secretKey), Buffer.from(message));
      assert.equal(openSealedBox(sealed, other.publicKey, other.secretKey), undefined);
      assert.equal(openSealedBox(sealed.subarray(0, place % sealed.length), publicKey, secretKey), undefined);
      sealed.writeUInt8(sealed.readUInt8(place % sealed.length) ^ 1, place % sealed.length);
      assert.equal(openSealedBox(sealed, publicKey, secretKey), undefined);
    }),
    { numRuns: 40 },
  );
  assert.throws(() => sealBox(Buffer.alloc(1), Buffer.alloc(32)), badKey);
  assert.throws(() => sealBox(Buffer.alloc(1), Buffer.alloc(5)), badKey);
});
