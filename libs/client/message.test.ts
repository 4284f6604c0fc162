import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { accountFromEntropy, accountFromRecoveryPhrase, createAccount, recoveryPhrase } from "./account.ts";
import { parseRecipient } from "./account-id.ts";
import { MAX_MESSAGE_BYTES } from "@swarmpost/storage-rpc";
import { decodeText, encodeMessage, encodeText } from "./message.ts";
import { pad, unpad } from "./padding.ts";
import { openContent, sealContent } from "./sealed-content.ts";

const alice = createAccount();
const bob = createAccount();
const toBob = parseRecipient(bob.id);

test("an account restored from its phrase is the same account", () => {
  assert.deepEqual(accountFromRecoveryPhrase(recoveryPhrase(alice)), alice);
  assert.throws(() => accountFromEntropy(Buffer.alloc(20)), { code: "bad-entropy" });
});

test("any text reaches its recipient with its sender and time", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 500 }), fc.nat(), (text, sentMs) => {
      assert.deepEqual(decodeText(bob, encodeText(alice, toBob, text, sentMs)), { from: alice.id, text, sentMs });
    }),
  );
});

test("nobody else reads it", () => {
  const bytes = encodeText(alice, toBob, "for Bob", 1);
  assert.throws(() => decodeText(alice, bytes), { code: "unreadable-message" });
});

test("a changed byte anywhere never gives another text or sender", () => {
  const bytes = encodeText(alice, toBob, "as it was", 7);
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (place, flip) => {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ flip;
      try {
        const read = decodeText(bob, changed);
        assert.deepEqual([read.from, read.text, read.sentMs], [alice.id, "as it was", 7]);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "unreadable-message", String(error));
      }
    }),
  );
});

test("random bytes are unreadable, not fatal", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) =>
      assert.throws(() => decodeText(bob, bytes), { code: "unreadable-message" }),
    ),
  );
});

test("a message too long to be stored is refused with how much to cut", () => {
  const fits = "x".repeat(MAX_MESSAGE_BYTES - 1000);
  assert.ok(encodeText(alice, toBob, fits, 1).length <= MAX_MESSAGE_BYTES);
  assert.throws(() => encodeText(alice, toBob, "x".repeat(MAX_MESSAGE_BYTES), 1), {
    code: "message-too-long",
    message: /shorten it by \d+ bytes/,
  });
});

test("padding comes off and its total is a multiple of 160", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), (content) => {
      const padded = pad(content);
      assert.equal(padded.length % 160, 0);
      assert.deepEqual(unpad(padded), Buffer.from(content));
    }),
  );
  assert.equal(pad(Buffer.alloc(159)).length, 320);
  assert.equal(unpad(Buffer.alloc(160)), undefined);
});

test("a sender can't be forged by someone else's signature", () => {
  const sealed = sealContent(alice, toBob.x25519, Buffer.from("M"));
  assert.equal(openContent(bob, sealed)?.from, alice.id);
  const forged = { ...alice, ed25519: { ...alice.ed25519, publicKey: bob.ed25519.publicKey } };
  assert.equal(openContent(bob, sealContent(forged, toBob.x25519, Buffer.from("M"))), undefined);
});

test("an account ID is read in either case and what is wrong with one is told", () => {
  assert.equal(parseRecipient(` ${bob.id.toUpperCase()} `).id, bob.id);
  assert.throws(() => parseRecipient("05abc"), { code: "bad-account-id", message: /5 digits long/ });
  assert.throws(() => parseRecipient(`03${bob.id.slice(2)}`), { code: "bad-account-id", message: /begins with 05/ });
  assert.throws(() => parseRecipient("bob"), { code: "bad-account-id" });
});

test("only an account itself leaves a copy of what it sent", () => {
  const copy = { text: "a copy", sentTo: bob.id };
  const own = encodeMessage(alice, parseRecipient(alice.id), copy, 1);
  assert.equal(decodeText(alice, own).sentTo, bob.id);
  const forged = encodeMessage(alice, toBob, copy, 1);
  assert.throws(() => decodeText(bob, forged), { code: "unreadable-message", message: /claims to be a copy/ });
});
