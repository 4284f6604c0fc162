import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { CryptoError, clientChannelKey, type EncType, parseEncType, serverChannelKey, x25519KeyPair } from "./index.ts";

const ALL: EncType[] = ["aes-gcm", "aes-cbc", "xchacha20"];
const AUTHENTICATED: EncType[] = ["aes-gcm", "xchacha20"];
const OVERHEAD = { "aes-gcm": 28, xchacha20: 40 } as const;

function channel(encType: EncType) {
  const client = x25519KeyPair();
  const server = x25519KeyPair();
  return {
    client: clientChannelKey(encType, client.secretKey, client.publicKey, server.publicKey),
    server: serverChannelKey(encType, server.secretKey, server.publicKey, client.publicKey),
    swapped: serverChannelKey(encType, client.secretKey, client.publicKey, server.publicKey),
  };
}

for (const encType of ALL) {
  test(`${encType} carries any bytes in both directions`, () => {
    const { client, server } = channel(encType);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (plain) => {
        assert.deepEqual(server.open(client.seal(plain)), Buffer.from(plain));
        assert.deepEqual(client.open(server.seal(plain)), Buffer.from(plain));
      }),
    );
  });

  test(`${encType} never gives the same ciphertext twice`, () => {
    const { client } = channel(encType);
    assert.notDeepEqual(client.seal(Buffer.from("same")), client.seal(Buffer.from("same")));
  });

  test(`${encType} refuses what is too short to hold anything`, () => {
    const { server } = channel(encType);
    for (const length of [0, 1, 12, 16, 24, 27]) assert.equal(server.open(Buffer.alloc(length)), undefined);
  });

  test(`${encType} refuses keys of small order and of other lengths`, () => {
    const { publicKey, secretKey } = x25519KeyPair();
    for (const bad of [Buffer.alloc(32), Buffer.alloc(31), Buffer.alloc(0)]) {
      assert.throws(
        () => serverChannelKey(encType, secretKey, publicKey, bad),
        (error) => error instanceof CryptoError && error.code === "bad-key",
      );
    }
  });
}

for (const encType of AUTHENTICATED) {
  test(`${encType} refuses every flipped bit and every truncation`, () => {
    const { client, server } = channel(encType);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(), (plain, place) => {
        const sealed = client.seal(plain);
        assert.equal(sealed.length, plain.length + OVERHEAD[encType as "aes-gcm" | "xchacha20"]);
        const changed = Buffer.from(sealed);
        const bit = place % (sealed.length * 8);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        assert.equal(server.open(changed), undefined);
        assert.equal(server.open(sealed.subarray(0, place % sealed.length)), undefined);
      }),
    );
  });
}

test("aes-cbc refuses a truncated last block", () => {
  const { client, server } = channel("aes-cbc");
  const sealed = client.seal(Buffer.alloc(40));
  assert.equal(server.open(sealed.subarray(0, sealed.length - 1)), undefined);
});

test("xchacha20 knows who is the client: swapped roles don't open", () => {
  const { client, swapped } = channel("xchacha20");
  assert.equal(swapped.open(client.seal(Buffer.from("hello"))), undefined);
});

test("a missing name means aes-gcm, aliases are known and others are not", () => {
  assert.equal(parseEncType(undefined), "aes-gcm");
  assert.deepEqual(["gcm", "aes-gcm"].map(parseEncType), ["aes-gcm", "aes-gcm"]);
  assert.deepEqual(["cbc", "aes-cbc"].map(parseEncType), ["aes-cbc", "aes-cbc"]);
  assert.deepEqual(["xchacha20", "xchacha20-poly1305"].map(parseEncType), ["xchacha20", "xchacha20"]);
  assert.deepEqual(["", "AES-GCM", "aes", "constructor"].map(parseEncType), Array(4).fill(undefined));
});
