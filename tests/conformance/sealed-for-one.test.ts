import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { nameHash, openName, openPushNotification, openPushPayload } from "@swarmpost/client";
import { randomBytes, xchachaSeal } from "@swarmpost/crypto";
import { bencode } from "@swarmpost/encoding";

// Entries of client.json about what a name stands for and what a push server delivers.

interface Vector {
  readonly kind: string;
  readonly session_id: string;
  readonly literals: readonly { readonly name: string; readonly hex: string }[];
}
const file = new URL("./vectors/client.json", import.meta.url);
const vectors: Vector[] = JSON.parse(readFileSync(file, "utf8")).vectors;

/** The literals of one entry by name, as bytes. */
function literals(kind: string): { vector: Vector; bytes: (name: string) => Buffer } {
  const vector = vectors.find((each) => each.kind === kind);
  assert.ok(vector);
  const bytes = (name: string): Buffer => {
    const literal = vector.literals.find((each) => each.name === name);
    assert.ok(literal, name);
    return Buffer.from(literal.hex, "hex");
  };
  return { vector, bytes };
}

/** The name of libsession's own test; the entry holds its hexadecimal literals only. */
const NAME = "test";

test("ons_decrypt: the value of a name opens to its account, under that name and nonce only", () => {
  const { vector, bytes } = literals("ons_decrypt");
  const sealed = { value: bytes("ciphertext"), nonce: bytes("nonce") };
  assert.equal(openName(NAME, sealed), vector.session_id);
  assert.equal(openName("TEST", sealed), vector.session_id);
  assert.equal(bytes("sid_data").toString("hex"), vector.session_id);
  assert.equal(openName("tests", sealed), undefined);
  assert.equal(openName(NAME, { ...sealed, nonce: Buffer.alloc(24) }), undefined);
  assert.equal(openName(NAME, { ...sealed, value: Buffer.from("invalid") }), undefined);
  assert.equal(nameHash(NAME).length, 32);
});

test("push_notification_decrypt: a payload opens with the device's key, with and without padding", () => {
  const { bytes } = literals("push_notification_decrypt");
  const key = bytes("enc_key");
  for (const name of ["payload", "payload_padded"]) {
    assert.equal(openPushPayload(bytes(name), key).toString(), "TestMessage");
  }
  const nonce = randomBytes(24);
  const padded = Buffer.concat([nonce, xchachaSeal(key, nonce, Buffer.from("TestMessage\0\0\0\0\0\0\0"))]);
  assert.equal(openPushPayload(padded, key).toString(), "TestMessage");
  const invalid = { code: "unreadable-message" };
  assert.throws(() => openPushPayload(bytes("payload").subarray(0, 39), key), invalid);
  assert.throws(() => openPushPayload(bytes("payload"), Buffer.alloc(32)), invalid);
  assert.throws(() => openPushPayload(Buffer.alloc(0), key), invalid);
});

test("a push notification says whose message it is and holds it, unless it was too long", () => {
  const { bytes } = literals("push_notification_decrypt");
  const [key, data] = [bytes("enc_key"), Buffer.from("stored bytes\0", "latin1")];
  const account = `05${"ab".repeat(32)}`;
  const hash = "A".repeat(43);
  const info = { "@": account, "#": hash, n: 0, t: 1_700_000_000_000, z: 1_701_000_000_000, l: data.length };
  const sealed = (about: object, ...body: Buffer[]): Buffer => {
    const nonce = randomBytes(24);
    const list = Buffer.concat([bencode([JSON.stringify(about), ...body]), Buffer.alloc(100)]);
    return Buffer.concat([nonce, xchachaSeal(key, nonce, list)]);
  };
  const times = { storedMs: info.t, expiresMs: info.z, length: data.length };
  const read = openPushNotification(sealed(info, data), key);
  assert.deepEqual(read, { account, hash, namespace: 0, ...times, data });
  assert.equal(openPushNotification(sealed({ ...info, B: true }), key).data, undefined);
  for (const [about, body] of [
    [info, data.subarray(1)],
    [{ ...info, "@": "05" }, data],
    [{ ...info, "#": "?" }, data],
    [{ ...info, n: "0" }, data],
  ] as const) {
    assert.throws(() => openPushNotification(sealed(about, body), key), { code: "unreadable-message" });
  }
  assert.throws(() => openPushNotification(sealed(info), key), { code: "unreadable-message" });
  assert.throws(() => openPushNotification(bytes("payload"), key), { code: "unreadable-message" });
});
