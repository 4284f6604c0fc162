import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { blake2b, CryptoError, equal, keccak256, randomBytes, secureWipe, sha512 } from "./index.ts";

test("hashes of the empty input are the published ones", () => {
  const empty = Buffer.alloc(0);
  assert.equal(blake2b(32, empty).toString("hex"), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  assert.equal(keccak256(empty).toString("hex"), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  assert.match(sha512(empty).toString("hex"), /^cf83e1357eefb8bdf1542850d66d8007.*f927da3e$/);
});

test("blake2b of pieces is blake2b of their concatenation, keyed or not", () => {
  const key = fc.option(fc.uint8Array({ minLength: 1, maxLength: 64 }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), fc.integer({ min: 16, max: 64 }), key, (pieces, size, keyed) => {
      const whole = blake2b(size, Buffer.concat(pieces), keyed);
      assert.deepEqual(blake2b(size, pieces, keyed), whole);
      assert.equal(whole.length, size);
    }),
  );
});

test("sizes that blake2b does not have are refused", () => {
  for (const size of [0, 15, 65, 32.5]) {
    assert.throws(
      () => blake2b(size, Buffer.alloc(0)),
      (error) => error instanceof CryptoError && error.code === "bad-input",
    );
  }
  for (const length of [0, 65]) assert.throws(() => blake2b(32, Buffer.alloc(0), Buffer.alloc(length)), CryptoError);
});

test("comparison is by content and never throws for different lengths", () => {
  assert.ok(equal(Buffer.from("ab"), new Uint8Array([97, 98])));
  assert.ok(!equal(Buffer.from("ab"), Buffer.from("ac")));
  assert.ok(!equal(Buffer.from("ab"), Buffer.from("abc")));
});

test("wiping clears a secret in place and random bytes differ", () => {
  const secret = randomBytes(32);
  assert.notDeepEqual(secret, randomBytes(32));
  secureWipe(secret);
  assert.deepEqual(secret, Buffer.alloc(32));
  assert.equal(randomBytes(0).length, 0);
  secureWipe(Buffer.alloc(0));
});
