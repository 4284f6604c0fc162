import assert from "node:assert/strict";
import { test } from "node:test";
import { passwordOpen, passwordSeal } from "./index.ts";

const secret = Buffer.from("a recovery phrase's sixteen bytes");
const sealed = passwordSeal(secret, "corréct horse");

test("the right passphrase opens, however its accents were typed", () => {
  assert.deepEqual(passwordOpen(sealed, "corréct horse".normalize("NFD")), secret);
});

test("another passphrase does not open", () => {
  assert.equal(passwordOpen(sealed, "correct horse"), undefined);
  assert.equal(passwordOpen(sealed, ""), undefined);
});

test("a changed version, salt, nonce or ciphertext does not open", () => {
  for (const at of [0, 1, 17, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(at) ^ 0x80, at);
    assert.equal(passwordOpen(changed, "corréct horse"), undefined, `byte ${at}`);
  }
  assert.equal(passwordOpen(sealed.subarray(0, 56), "corréct horse"), undefined);
  assert.equal(passwordOpen(Buffer.alloc(0), "corréct horse"), undefined);
});

test("the secret is nowhere in the sealed bytes and each seal is another", () => {
  assert.equal(sealed.includes(secret.subarray(0, 8)), false);
  assert.notDeepEqual(passwordSeal(secret, "corréct horse"), sealed);
});
