import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { zstdDecompressSync } from "node:zlib";
import {
  accountFromEntropy,
  changeConfig,
  emptyConfig,
  groupFromSeed,
  makeMemberKey,
  memberCredentials,
  memberToken,
  openConfig,
  openGroupConfig,
  openGroupKey,
  openGroupMessage,
  readMembers,
  sealGroupConfig,
  sealGroupKey,
  sealGroupMessage,
  writeMembers,
} from "@swarmpost/client";
import { sign, verify, xchachaOpen, xchachaSeal } from "@swarmpost/crypto";

// Entries of client.json about group accounts: what libsession made opens here, and what is made here is the same.

type Vector = Record<string, string> & { kind: string };
const file = new URL("./vectors/client.json", import.meta.url);
const vectors: Vector[] = JSON.parse(readFileSync(file, "utf8")).vectors;
const hex = (text: string | undefined): Buffer => Buffer.from(text ?? "", "hex");

const vector = vectors.find(({ kind }) => kind === "group_swarm_subaccount_auth") as Vector;
const group = groupFromSeed(hex(vector["group_ed25519_secret64"]).subarray(0, 32));
const admin = accountFromEntropy(hex(vector["admin_ed25519_secret64"]).subarray(0, 16));
const member = accountFromEntropy(hex(vector["member_ed25519_secret64"]).subarray(0, 16));

test("group_swarm_subaccount_auth: the accounts are the recorded ones", () => {
  assert.deepEqual([group.id, admin.id], [vector["group_id"], vector["admin_session_id"]]);
  assert.equal(member.id, vector["member_session_id"]);
});

test("group_swarm_subaccount_auth: an admin makes the same member key and token as libsession", () => {
  assert.equal(makeMemberKey(group, member.id).toString("hex"), vector["member_signing_value_100b"]);
  assert.equal(memberToken(group, member.id).toString("hex"), vector["subaccount_token_36b"]);
});

test("group_swarm_subaccount_auth: a member signs byte for byte as libsession does", () => {
  const credentials = memberCredentials(group.id, member, hex(vector["member_signing_value_100b"]));
  assert.deepEqual(credentials.prove(vector["signed_message_utf8"] ?? ""), {
    subaccount: vector["subaccount_b64"],
    subaccount_sig: vector["subaccount_sig_b64"],
    signature: vector["signature_b64"],
  });
  assert.throws(() => memberCredentials(group.id, admin, hex(vector["member_signing_value_100b"])), {
    code: "bad-group-key",
  });
});

test("group_swarm_subaccount_auth: the key message opens for an admin and a member, and for nobody else", () => {
  const message = hex(vector["keys_message_ns12_hex"]);
  const expected = { generation: 0, key: hex(vector["group_enc_key"]) };
  assert.deepEqual(openGroupKey(group.id, { admin: group }, message), expected);
  assert.deepEqual(openGroupKey(group.id, { member }, message), expected);
  const stranger = accountFromEntropy(Buffer.alloc(16, 1));
  assert.equal(openGroupKey(group.id, { member: stranger }, message), undefined);
  const ours = sealGroupKey(group, [admin.id, member.id], expected);
  assert.equal(ours.length, message.length);
  assert.deepEqual(openGroupKey(group.id, { member }, ours), expected);
  ours.writeUInt8(ours.readUInt8(100) ^ 1, 100);
  assert.equal(openGroupKey(group.id, { admin: group }, ours), undefined);
});

test("group_swarm_subaccount_auth: a group message opens with its sender, ours as theirs", () => {
  const key = hex(vector["group_enc_key"]);
  const text = Buffer.from(vector["group_message_plaintext_utf8"] ?? "");
  const recorded = hex(vector["group_message_ns11_hex"]);
  const opened = openGroupMessage(group.id, [key], recorded, { signed: "content" });
  assert.deepEqual(opened, { from: admin.id, content: text });
  assert.equal(openGroupMessage(group.id, [key], recorded), undefined, "its signature does not name the group");
  const ours = sealGroupMessage(member, group.id, key, text);
  assert.equal(ours.length, recorded.length);
  assert.deepEqual(openGroupMessage(group.id, [Buffer.alloc(32), key], ours), { from: member.id, content: text });
  const long = Buffer.alloc(5_000, "compressible ");
  assert.deepEqual(openGroupMessage(group.id, [key], sealGroupMessage(member, group.id, key, long))?.content, long);
  assert.equal(openGroupMessage(groupFromSeed(Buffer.alloc(32)).id, [key], ours), undefined, "posted to another group");
});

const signed = (message: Buffer): Buffer => sign(message, group.secretKey);

test("group_swarm_subaccount_auth: the group's first info is byte for byte what libsession pushed", () => {
  const key = hex(vector["group_enc_key"]);
  const named = changeConfig(emptyConfig(), (data) => data.set("n", Buffer.from("Vector group")), signed);
  assert.equal(sealGroupConfig(key, "info", named.bytes).toString("hex"), vector["info_push_ns13_hex"]);
  const opened = openGroupConfig(group.id, "info", [Buffer.alloc(32), key], hex(vector["info_push_ns13_hex"]));
  assert.deepEqual(opened, named.config);
});

test("group_swarm_subaccount_auth: the group's first list of members is what libsession pushed", () => {
  const key = hex(vector["group_enc_key"]);
  const pushed = hex(vector["members_push_ns14_hex"]);
  const recorded = openGroupConfig(group.id, "members", [key], pushed);
  const ours = changeConfig(
    emptyConfig(),
    (data) =>
      writeMembers(data, [
        { id: admin.id, state: "admin" },
        { id: member.id, name: "Bob", state: "invite-not-sent" },
      ]),
    signed,
  );
  assert.deepEqual(readMembers(recorded.data), [
    { id: member.id, name: "Bob", state: "invite-not-sent" },
    { id: admin.id, name: "", state: "admin" },
  ]);
  assert.deepEqual(ours.config, recorded);
  const sealed = openConfig(key, "groups::Members", pushed);
  assert.deepEqual(zstdDecompressSync(sealed.subarray(1)), ours.bytes);
  assert.throws(() => openGroupConfig(groupFromSeed(Buffer.alloc(32)).id, "members", [key], pushed), {
    code: "unreadable-message",
    message: /signature is wrong/,
  });
});

test("group_swarm_auth_literals: the group of libsession's own test has its id", () => {
  const literals = vectors.find(({ kind }) => kind === "group_swarm_auth_literals")?.["hex_literals"];
  const [seed, , , , , , , id] = literals as unknown as string[];
  assert.equal(groupFromSeed(hex(seed)).id, id);
});

test("multi_encrypt_literal: many boxes under one nonce open with their own keys only", () => {
  const nonces = vectors.filter(({ kind }) => kind === "multi_encrypt_literal").map((each) => hex(each["hex"]));
  for (const nonce of nonces) {
    const keys = [1, 2, 3].map((fill) => Buffer.alloc(32, fill));
    const boxes = keys.map((key, i) => xchachaSeal(key, nonce, Buffer.from(`message ${i}`)));
    for (const [i, key] of keys.entries()) {
      const opened = boxes.map((box) => xchachaOpen(key, nonce, box)?.toString());
      assert.deepEqual(
        opened,
        keys.map((_, j) => (i === j ? `message ${i}` : undefined)),
      );
    }
  }
});

test("a revoked or forged member key is told from a good one by its signature alone", () => {
  const forged = makeMemberKey(groupFromSeed(Buffer.alloc(32, 9)), member.id);
  assert.throws(() => memberCredentials(group.id, member, forged), { code: "bad-group-key" });
  const token = memberToken(group, member.id, ["read", "write", "delete"]);
  assert.equal(token.subarray(0, 4).toString("hex"), "03070000");
  const key = makeMemberKey(group, member.id, ["read", "write", "delete"]);
  assert.ok(verify(key.subarray(36), token, group.publicKey));
});
