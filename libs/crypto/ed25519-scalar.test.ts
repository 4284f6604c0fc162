import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as check, property, uint8Array } from "fast-check";
import {
  ed25519PublicToX25519,
  multiplyPoint,
  multiplyScalars,
  negateScalar,
  randomBytes,
  reduceScalar,
  scalarPublicKey,
  secretScalar,
  sha512,
  signingKeyPairFromSeed,
  signWithScalar,
  verify,
  x25519PublicToEd25519,
} from "./index.ts";

const seeds = uint8Array({ minLength: 32, maxLength: 32 });

test("a secret key's scalar has its public key as point", () => {
  check(
    property(seeds, (seed) => {
      const { publicKey, secretKey } = signingKeyPairFromSeed(seed);
      assert.deepEqual(scalarPublicKey(secretScalar(secretKey)), publicKey);
    }),
    { numRuns: 20 },
  );
});

test("a point times a product is the point times one and then the other", () => {
  check(
    property(seeds, seeds, (one, two) => {
      const [a, b] = [reduceScalar(sha512(one)), reduceScalar(sha512(two))];
      assert.deepEqual(multiplyPoint(a, scalarPublicKey(b)), scalarPublicKey(multiplyScalars(a, b)));
    }),
    { numRuns: 20 },
  );
});

test("an X25519 key gives the point with its sign bit clear, of which it is the conversion", () => {
  check(
    property(seeds, (seed) => {
      const { publicKey, secretKey } = signingKeyPairFromSeed(seed);
      const point = x25519PublicToEd25519(ed25519PublicToX25519(publicKey) ?? Buffer.alloc(0));
      const negative = (publicKey.readUInt8(31) & 0x80) !== 0;
      const scalar = secretScalar(secretKey);
      assert.deepEqual(point, scalarPublicKey(negative ? negateScalar(scalar) : scalar));
    }),
    { numRuns: 20 },
  );
});

test("a signature by a scalar is an Ed25519 signature of its point, for this message only", () => {
  const scalar = reduceScalar(randomBytes(64));
  const publicKey = scalarPublicKey(scalar);
  const message = Buffer.from("signed");
  const signature = signWithScalar({ scalar, publicKey }, randomBytes(64), message);
  assert.ok(verify(signature, message, publicKey));
  assert.ok(!verify(signature, Buffer.from("other"), publicKey));
});

test("what is no key, no point and no scalar is refused", () => {
  assert.throws(() => secretScalar(Buffer.alloc(32)), { code: "bad-key" });
  assert.throws(() => reduceScalar(Buffer.alloc(32)), { code: "bad-input" });
  assert.throws(() => scalarPublicKey(Buffer.alloc(32)), { code: "bad-key" });
  assert.throws(() => x25519PublicToEd25519(Buffer.alloc(31)), { code: "bad-key" });
  assert.equal(multiplyPoint(reduceScalar(randomBytes(64)), Buffer.alloc(32, 0xff)), undefined);
});
