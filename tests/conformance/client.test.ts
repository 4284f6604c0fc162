import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import {
  type Account,
  accountFromEntropy,
  accountFromRecoveryPhrase,
  changeConfig,
  decodePhrase,
  decodeText,
  emptyConfig,
  encodePhrase,
  openConfig,
  openContent,
  recoveryPhrase,
  retrieveParameters,
  sealConfig,
  unpad,
} from "@swarmpost/client";
import { signingKeyPairFromSeed, verify } from "@swarmpost/crypto";
import { bdecode, bencode, type BValue } from "@swarmpost/encoding";
import { ContentSchema, EnvelopeSchema, WebSocketMessageSchema } from "@swarmpost/protos";

// Every entry of client.json about accounts, recovery phrases, one-to-one messages and signed requests.

type Vector = Record<string, unknown> & { kind: string };
const file = new URL("./vectors/client.json", import.meta.url);
const vectors: Vector[] = JSON.parse(readFileSync(file, "utf8")).vectors;

/** The entries of one kind, their fields as text. */
function ofKind(kind: string): Record<string, string>[] {
  const found = vectors.filter((vector) => vector.kind === kind);
  assert.ok(found.length > 0, `client.json has no ${kind}`);
  return found as Record<string, string>[];
}

function hex(text: string | undefined): Buffer {
  return Buffer.from(text ?? "", "hex");
}

test("seed_to_keys: a seed gives Session's four keys", () => {
  for (const vector of ofKind("seed_to_keys")) {
    const account = accountFromEntropy(hex(vector["seed_hex"]));
    assert.equal(account.id, vector["x25519_publicKey"]);
    assert.equal(account.x25519.secretKey.toString("hex"), vector["x25519_privateKey"]);
    assert.equal(account.ed25519.publicKey.toString("hex"), vector["ed25519_publicKey"]);
    assert.equal(account.ed25519.secretKey.toString("hex"), vector["ed25519_privateKey"]);
  }
});

test("mnemonic_to_session_id: a phrase gives its account ID", () => {
  for (const vector of ofKind("mnemonic_to_session_id")) {
    assert.equal(accountFromRecoveryPhrase(vector["mnemonic"] ?? "").id, vector["session_id"]);
  }
});

test("seed_to_mnemonic: a seed gives its phrase and comes back from it", () => {
  for (const vector of ofKind("seed_to_mnemonic")) {
    assert.equal(encodePhrase(hex(vector["seed_hex"])), vector["mnemonic"]);
    assert.equal(decodePhrase(vector["mnemonic"] ?? "").toString("hex"), vector["seed_hex"]);
  }
});

test("mnemonic_prefix_tolerant: words with other endings are the same words", () => {
  for (const vector of ofKind("mnemonic_prefix_tolerant")) {
    assert.equal(decodePhrase(vector["mnemonic"] ?? "").toString("hex"), vector["seed_hex"]);
  }
});

test("mnemonic_invalid: a wrong or misplaced word fails the checksum", () => {
  for (const vector of ofKind("mnemonic_invalid")) {
    assert.throws(() => decodePhrase(vector["mnemonic"] ?? ""), { code: `wrong-${vector["error"]}` });
  }
});

test("account: entropy, phrase, keys and ID belong together", () => {
  for (const vector of ofKind("account")) {
    const account = accountFromEntropy(hex(vector["seed_hex"]));
    assert.equal(recoveryPhrase(account), vector["mnemonic"]);
    assert.equal(account.ed25519.publicKey.toString("hex"), vector["ed25519_pubkey"]);
    assert.equal(account.ed25519.secretKey.toString("hex"), vector["ed25519_secret64"]);
    assert.equal(account.ed25519.secretKey.subarray(0, 32).toString("hex"), vector["ed25519_seed32"]);
    assert.equal(account.x25519.secretKey.toString("hex"), vector["x25519_secret"]);
    assert.equal(account.id, vector["session_id"]);
    assert.deepEqual(accountFromRecoveryPhrase(vector["mnemonic"] ?? ""), account);
  }
});

test("message_1o1_v1: what a genuine client stored opens layer by layer", () => {
  for (const vector of ofKind("message_1o1_v1")) {
    const recipient = accountFromEntropy(hex(vector["recipient_seed_hex"]));
    const stored = vector["store_params"] as unknown as { data: string; pubkey: string };
    assert.equal(stored.pubkey, recipient.id);
    const bytes = Buffer.from(stored.data, "base64");
    assert.ok(bytes.includes(hex(vector["envelope_bytes_hex"])));
    const envelope = fromBinary(EnvelopeSchema, hex(vector["envelope_bytes_hex"]));
    assert.equal(Buffer.from(envelope.content ?? []).toString("hex"), vector["envelope_ciphertext_hex"]);
    const opened = openContent(recipient, hex(vector["envelope_ciphertext_hex"]));
    assert.equal(opened?.from, vector["sender_session_id"]);
    assert.equal(unpad(opened?.content ?? Buffer.alloc(0))?.toString("hex"), vector["content_protobuf_unpadded_hex"]);
    readAsText(vector, recipient, bytes);
  }
});

/** Reads the stored bytes whole; one recorded message is a message request's answer, which has no text. */
function readAsText(vector: Record<string, string>, recipient: Account, bytes: Buffer): void {
  const decoded = vector["decoded"] as unknown as { body?: string; timestamp: string };
  if (decoded.body === undefined) {
    assert.throws(() => decodeText(recipient, bytes), { code: "unreadable-message", message: /no text/ });
    return;
  }
  const content = fromBinary(ContentSchema, hex(vector["content_protobuf_unpadded_hex"]));
  const message = decodeText(recipient, bytes);
  assert.equal(message.text, decoded.body);
  assert.equal(message.from, vector["sender_session_id"]);
  assert.equal(String(content.dataMessage?.timestamp), decoded.timestamp);
}

test("session_protocol_deterministic_encrypt: libsession's sealed content opens", () => {
  for (const vector of ofKind("session_protocol_deterministic_encrypt")) {
    const recipient = accountFromEntropy(hex(vector["recipient_ed25519_seed"]).subarray(0, 16));
    const keys = vector["keys"] as unknown as Record<string, string>;
    assert.equal(recipient.ed25519.publicKey.toString("hex"), keys["ed_pk2"]);
    assert.equal(recipient.x25519.publicKey.toString("hex"), keys["curve_pk2"]);
    assert.equal(recipient.id, vector["recipient_session_id"]);
    const opened = openContent(recipient, hex(vector["ciphertext_hex"]));
    assert.equal(opened?.content.toString("utf8"), vector["message_utf8"]);
    assert.equal(opened?.from, vector["sender_session_id"]);
    const sender = accountFromEntropy(hex(vector["sender_ed25519_seed"]).subarray(0, 16));
    assert.equal(openContent(sender, hex(vector["ciphertext_hex"])), undefined);
  }
});

test("snode_signature_test_keys: a signed retrieve verifies over method, namespace and time", () => {
  for (const vector of ofKind("snode_signature_test_keys")) {
    const timestamp = Number(vector["timestamp"]);
    const secretKey = hex(vector["user_ed25519_secret64"]);
    const keys = signingKeyPairFromSeed(secretKey.subarray(0, 32));
    assert.equal(keys.publicKey.toString("hex"), vector["user_ed25519_pubkey"]);
    const account = accountFromEntropy(secretKey.subarray(0, 16));
    for (const [namespace, text] of [
      [0, "retrieve1234"],
      [5, "retrieve51234"],
    ] as const) {
      const request = retrieveParameters(account, { namespace, timestamp });
      assert.equal(request["pubkey_ed25519"], vector["user_ed25519_pubkey"]);
      const signature = Buffer.from(String(request["signature"]), "base64");
      assert.ok(verify(signature, Buffer.from(text), keys.publicKey));
    }
  }
});

test("config_push_userprofile: a libsession config opens to its values, and seals again to the same bytes", () => {
  for (const vector of [...ofKind("config_push_userprofile"), ...ofKind("config_push_userprofile_empty")]) {
    const account = accountFromEntropy(hex(vector["ed25519_seed"]).subarray(0, 16));
    const wrapper = fromBinary(WebSocketMessageSchema, hex(vector["pushed_message_hex"]));
    assert.equal(wrapper.request?.verb, "");
    const envelope = fromBinary(EnvelopeSchema, wrapper.request?.body ?? Buffer.alloc(0));
    assert.deepEqual([envelope.type, envelope.timestamp], [6, 1n]);
    const opened = openContent(account, envelope.content ?? Buffer.alloc(0));
    assert.equal(opened?.from, account.id);
    assert.throws(() => decodeText(account, hex(vector["pushed_message_hex"])), { message: /carries no text/ });
    const { kind, seqno, data } = sharedConfig(unpad(opened.content) ?? opened.content);
    assert.deepEqual([kind, seqno], [1, Number(vector["seqno"])]);
    const seed = account.ed25519.secretKey.subarray(0, 32);
    const config = openConfig(seed, "UserProfile", data);
    assert.deepEqual(sealConfig(seed, "UserProfile", config), data);
    const values = bdecode(config) as Map<string, Map<string, Buffer>>;
    assert.equal(values.get("#"), BigInt(seqno));
    assert.equal(values.get("&")?.get("n")?.toString(), vector["name"]);
    const name = (of: Map<string, BValue>): unknown => vector["name"] && of.set("n", Buffer.from(vector["name"]));
    const ours = seqno === 0 ? emptyConfig() : changeConfig(emptyConfig(), name, () => Buffer.alloc(64)).config;
    const fields = { "#": ours.seqno, "&": ours.data, "=": ours.diff };
    const lagged = ours.lagged.map((each) => [each.seqno, each.digest, each.diff]);
    assert.deepEqual(bencode({ ...fields, "<": lagged }), config, "ours has the very same bytes");
  }
});

/** A content's config part (field 11): which config, its number and its sealed bytes. */
function sharedConfig(content: Uint8Array): { kind: number; seqno: number; data: Buffer } {
  const part = fromBinary(ContentSchema, content).$unknown?.find(({ no }) => no === 11);
  assert.ok(part);
  const reader = new BinaryReader(new BinaryReader(part.data).bytes());
  const read = { kind: 0, seqno: 0, data: Buffer.alloc(0) };
  while (reader.pos < reader.len) {
    const [field] = reader.tag();
    if (field === 1) read.kind = reader.int32();
    else if (field === 2) read.seqno = Number(reader.int64());
    else read.data = Buffer.from(reader.bytes());
  }
  return read;
}
