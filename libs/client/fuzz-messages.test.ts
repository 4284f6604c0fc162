import { test } from "node:test";
import { toBinary } from "@bufbuild/protobuf";
import { randomBytes, sign, xchachaSeal } from "@swarmpost/crypto";
import { bencode } from "@swarmpost/encoding";
import { ContentSchema } from "@swarmpost/protos";
import { fuzz } from "@swarmpost/testkit";
import { createAccount, recoveryPhrase } from "./account.ts";
import { parseRecipient } from "./account-id.ts";
import { openAttachment, sealAttachment } from "./attachments/attachment.ts";
import { parseFileUrl } from "./attachments/file-url.ts";
import { ClientError } from "./client-error.ts";
import { openConfig, sealConfig } from "./config-cipher.ts";
import { changeConfig, emptyConfig, joinConfigs, parseConfig } from "./config/config-message.ts";
import { createGroup } from "./groups/group.ts";
import { readInfo } from "./groups/group-info.ts";
import { invitationContent, invitationOf, promotionContent } from "./groups/group-invitation.ts";
import { openGroupKey, sealGroupKey } from "./groups/group-keys.ts";
import { readMembers, writeMembers } from "./groups/group-members.ts";
import { openGroupMessage, sealGroupMessage } from "./groups/group-message.ts";
import { noticeContents, noticeOf } from "./groups/group-update.ts";
import { openKick, sealKick } from "./groups/kick-message.ts";
import { makeMemberKey, memberCredentials } from "./groups/member-key.ts";
import { openGroupConfig, sealGroupConfig } from "./groups/signed-config.ts";
import { contentOf, decodeText, encodeText, ownTextOf, readContent } from "./message.ts";
import { pad } from "./padding.ts";
import { openPushNotification } from "./push/push-notification.ts";
import { decodePhrase } from "./recovery-phrase.ts";

// What people and swarms give a client to read may be any bytes, also where it was sealed and signed as it must be.

const documented = (error: unknown): boolean => error instanceof ClientError;
const [alice, bob] = [createAccount(), createAccount()];
const group = createGroup();
const key = Buffer.alloc(32, 7);
const NOW = 1_700_000_000_000;
const hash = "A".repeat(43);

test("a stored message may hold any bytes", async () => {
  const corpus = [encodeText(alice, parseRecipient(bob.id), "hello", NOW)];
  await fuzz({ corpus, parse: (input) => decodeText(bob, input), documented });
});

test("what was sealed and signed may be any content", async () => {
  const attachment = {
    url: "http://f.example/file/1",
    key: Buffer.alloc(64),
    digest: Buffer.alloc(32),
    size: 1,
    name: "n",
  };
  const contents = [
    contentOf({ text: "hello", attachments: [attachment] }, NOW),
    contentOf({ text: "copy", sentTo: alice.id }, NOW),
    invitationContent(group, "Hikers", bob.id, NOW),
    promotionContent(group, "Hikers", NOW),
  ].map((content) => Buffer.from(toBinary(ContentSchema, content)));
  const parse = (input: Buffer): unknown => {
    const content = readContent(pad(input));
    return invitationOf(bob, content, bob.id) ?? ownTextOf(bob, content, bob.id, NOW);
  };
  await fuzz({ corpus: contents, parse, documented });
});

test("what is told in a group may be any content", async () => {
  const notices = [
    noticeContents({ type: "left" }, NOW)[0]!,
    noticeContents({ type: "added", members: [bob.id], admin: group }, NOW)[0]!,
    noticeContents({ type: "renamed", name: "Climbers", admin: group }, NOW)[0]!,
  ].map((content) => Buffer.from(toBinary(ContentSchema, content)));
  const parse = (input: Buffer): unknown => [noticeOf(group.id, readContent(input), bob.id)];
  await fuzz({ corpus: notices, parse, documented });
});

test("a group's message may hold any bytes, as it comes and as it opens", async () => {
  const sealed = sealGroupMessage(alice, group.id, key, Buffer.from("content"));
  const read = (input: Uint8Array): unknown => [openGroupMessage(group.id, [Buffer.alloc(32), key], input)];
  await fuzz({ corpus: [sealed], parse: read, documented: () => false });
  const inside = [
    { "": 1, a: alice.ed25519.publicKey, d: "content", s: Buffer.alloc(64) },
    { "": 1, z: "" },
  ].map(bencode);
  const parse = (input: Buffer): unknown => {
    const nonce = randomBytes(24);
    return read(Buffer.concat([nonce, xchachaSeal(key, nonce, input)]));
  };
  await fuzz({ corpus: inside, parse, documented: () => false });
});

test("the messages that give keys and take rights away may hold any bytes", async () => {
  const keys = sealGroupKey(group, [bob.id], { generation: 3, key });
  const parseKeys = (input: Buffer): unknown => [
    openGroupKey(group.id, { member: bob }, input),
    openGroupKey(group.id, { admin: group }, input),
  ];
  await fuzz({ corpus: [keys], parse: parseKeys, documented: () => false });
  const signedKeys = (input: Buffer): unknown => {
    const cut = input.subarray(0, -71);
    return parseKeys(Buffer.concat([cut, Buffer.from("1:~64:"), sign(cut, group.secretKey), Buffer.from("e")]));
  };
  await fuzz({ corpus: [keys], parse: signedKeys, documented: () => false });
  const kick = sealKick(group, [bob.id], 3);
  await fuzz({ corpus: [kick], parse: (input) => [openKick(group.id, bob, input)], documented: () => false });
  const memberKey = makeMemberKey(group, bob.id);
  await fuzz({ corpus: [memberKey], parse: (input) => memberCredentials(group.id, bob, input), documented });
});

test("a config may hold any bytes, sealed or not, and be joined with any other", async () => {
  const signed = (message: Buffer): Buffer => sign(message, group.secretKey);
  const first = changeConfig(emptyConfig(), (data) => data.set("n", Buffer.from("Hikers")), signed);
  const second = changeConfig(first.config, (data) => writeMembers(data, [{ id: bob.id, state: "invited" }]), signed);
  const sealed = sealGroupConfig(key, "info", first.bytes);
  await fuzz({ corpus: [sealed], parse: (input) => openConfig(key, "groups::Info", input), documented });
  const corpus = [first.bytes, second.bytes];
  const parse = (input: Buffer): unknown => {
    const config = parseConfig(input, () => true);
    const joined = joinConfigs([second.config, config, first.config], { canSign: true });
    const changed = changeConfig(joined, (data) => writeMembers(data, [{ id: alice.id, state: "admin" }]), signed);
    return [readInfo(joined.data), readMembers(joined.data), parseConfig(changed.bytes, () => true)];
  };
  await fuzz({ corpus, parse, documented });
  const compressed = openConfig(key, "groups::Info", sealGroupConfig(key, "info", second.bytes));
  const reseal = (input: Buffer) => openGroupConfig(group.id, "info", [key], sealConfig(key, "groups::Info", input));
  await fuzz({ corpus: [compressed, first.bytes], parse: reseal, documented });
});

test("a pushed payload may hold any bytes, sealed or not", async () => {
  const info = { "@": bob.id, "#": hash, n: 0, t: NOW, z: NOW, l: 4 };
  const inside = [bencode([JSON.stringify(info), "data"]), bencode([JSON.stringify({ ...info, B: true })])];
  const seal = (input: Buffer): Buffer => {
    const nonce = randomBytes(24);
    return Buffer.concat([nonce, xchachaSeal(key, nonce, input)]);
  };
  const parse = (input: Buffer) => openPushNotification(input, key);
  await fuzz({ corpus: inside.map(seal), parse, documented });
  await fuzz({ corpus: inside, parse: (input) => parse(seal(input)), documented });
});

for (const format of ["legacy", "stream"] as const) {
  test(`a file in the ${format} format may hold any bytes`, async () => {
    const seed = Buffer.alloc(32, 5);
    const { file, keys } = await sealAttachment(Buffer.alloc(700, "photo"), { format, seed });
    const attachment = { url: "http://f.example/file/1", ...keys };
    await fuzz({ corpus: [file], parse: (input) => openAttachment(input, attachment), documented });
  });
}

test("what a person types may be any text", async () => {
  await fuzz({ corpus: [recoveryPhrase(alice)], parse: (input) => decodePhrase(input.toString("utf8")), documented });
  await fuzz({ corpus: [alice.id], parse: (input) => parseRecipient(input.toString("utf8")), documented });
  const urls = ["http://f.example:80/file/abc#p=00&d", "https://f.example/file/1"];
  await fuzz({ corpus: urls, parse: (input) => parseFileUrl(input.toString("utf8")), documented });
});
