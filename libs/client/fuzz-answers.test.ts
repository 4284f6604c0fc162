import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeKeysFromSeed, serverChannelKey } from "@swarmpost/crypto";
import {
  buildOnion,
  encodeFinalReply,
  parseOnionRequest,
  seedAnswerDigest,
  seedSignatureText,
  signSeedAnswer,
} from "@swarmpost/onion";
import { DEFAULT_NAMESPACE, messageHash, nodeSignedStore } from "@swarmpost/storage-rpc";
import { fuzz } from "@swarmpost/testkit";
import { createAccount } from "./account.ts";
import { ClientError } from "./client-error.ts";
import { checkMembers } from "./member-signatures.ts";
import { readAnswer } from "./names/resolve-name.ts";
import type { NetworkClock } from "./network-clock.ts";
import { parseNetwork } from "./network-file.ts";
import { parseReply } from "./onion-transport.ts";
import { OpenGroup } from "./open-groups/open-group.ts";
import { failureOf, serverFailureOf } from "./path-failure.ts";
import { askSeed } from "./seed.ts";
import type { ServerRequests } from "./server-requests.ts";
import { Deadlines } from "./deadline.ts";
import { readStoredItems } from "./stored-item.ts";

// What others answer to a client may be any bytes.

const documented = (error: unknown): boolean => error instanceof ClientError;
const keys = nodeKeysFromSeed(Buffer.alloc(32, 1));
const node = { pubkey: keys.pubkey, x25519: keys.x25519.publicKey, ip: "203.0.113.7", httpsPort: 22_021, swarmId: 9n };
const account = createAccount();
const NOW = 1_700_000_000_000;

const seedAnswer = (() => {
  const offered = { ...node, operator: `0x${"ab".repeat(20)}` };
  const statement = { t: NOW, height: 7, blockHash: Buffer.alloc(32), mapHash: Buffer.alloc(32), total: 1 };
  const signed = seedSignatureText(signSeedAnswer(seedAnswerDigest([offered]), statement, keys));
  const state =
    `{"public_ip":"${node.ip}","storage_port":${node.httpsPort},"pubkey_ed25519":"${node.pubkey}",` +
    `"pubkey_x25519":"${node.x25519.toString("hex")}","swarm_id":9,"operator_address":"${offered.operator}"}`;
  return `{"jsonrpc":"2.0","id":0,"result":{"height":7,"service_node_states":[${state}]},"swarmpost":${signed}}`;
})();

for (const pinned of [true, false]) {
  test(`a ${pinned ? "pinned" : "local"} seed may answer any bytes`, async () => {
    const seed = { url: "https://127.0.0.1:1", ...(pinned && { pubkey: keys.pubkey }) };
    const parse = (body: Buffer) => askSeed(seed, async () => ({ status: 200, body }), NOW);
    await fuzz({ corpus: [seedAnswer], parse, documented });
  });
}

test("a network file may hold any JSON", async () => {
  const seeds = [{ url: "https://s:1/json_rpc", pubkey: "ab".repeat(32) }, { url: "http://127.0.0.1:1" }];
  const fileServer = { url: "http://files.example", pubkey: "cd".repeat(32) };
  const file = { name: "n", chain: { id: 1, contract: "0x01" }, seeds, fileServer, diversity: true };
  const parse = (input: Buffer) => parseNetwork(JSON.parse(input.toString("utf8")));
  const isDocumented = (error: unknown): boolean => documented(error) || error instanceof SyntaxError;
  await fuzz({ corpus: [JSON.stringify(file), JSON.stringify({ seeds })], parse, documented: isDocumented });
});

test("a node's opened answer may hold any bytes, whatever it was asked", async () => {
  const data = Buffer.from("stored");
  const hash = messageHash(account.id, DEFAULT_NAMESPACE, data);
  const entry = { hash, signature: Buffer.alloc(64).toString("base64"), expiry: NOW };
  const bodies = [
    { swarm: { [node.pubkey]: entry, other: { failed: true, code: "401" } }, hash, t: NOW },
    { messages: [{ hash, data: data.toString("base64"), timestamp: 1, expiration: NOW }], more: true, t: NOW },
    { result: { encrypted_value: "ab".repeat(49), nonce: "cd".repeat(24), status: "OK" }, t: NOW },
  ];
  const parse = (input: Buffer): unknown => {
    const reply = parseReply(input);
    const members = checkMembers([node], reply?.json, () => nodeSignedStore(hash));
    const items = readStoredItems(reply?.json, { account: account.id, namespace: DEFAULT_NAMESPACE });
    return [members, items, reply && readAnswer(reply)];
  };
  const corpus = bodies.flatMap((body) => [
    JSON.stringify({ status: 200, body: JSON.stringify(body) }),
    JSON.stringify({ status_code: 200, body }),
  ]);
  await fuzz({ corpus, parse, documented: () => false });
});

test("a node's body that is nested without end is no answer", () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    const body = `${open.repeat(100_000)}1${close.repeat(100_000)}`;
    assert.equal(parseReply(Buffer.from(`{"status":200,"body":${body}}`)), undefined);
  }
});

test("a guard may answer an onion with any bytes", async () => {
  const route = { path: [node], destination: { ...node, kind: "snode" as const } };
  for (const encType of ["xchacha20", "aes-gcm", "aes-cbc"] as const) {
    const onion = buildOnion({ ...route, encType }, Buffer.from("{}"));
    const { ephemeralKey } = parseOnionRequest(onion.body);
    const key = serverChannelKey(encType, keys.x25519.secretKey, keys.x25519.publicKey, ephemeralKey);
    const reply = { status: 200, body: '{"t":1}' };
    const corpus = [true, false].map((base64) => encodeFinalReply(reply, { json: false, base64 }, key));
    const parse = (input: Buffer): unknown => [onion.open(input) ?? "not for this onion"];
    await fuzz({ corpus, parse, documented: () => false });
  }
});

test("what went wrong on the way may be told in any bytes", async () => {
  const corpus = [`Next node not found: ${node.pubkey}`, "Service node is not ready: why\nmore", "502 Bad Gateway\n\n"];
  const parse = (input: Buffer): unknown =>
    [502, 503, 504].map((status) => [failureOf(status, input), serverFailureOf(status, input)]);
  await fuzz({ corpus, parse, documented: () => false });
});

test("an open group's server may answer any bytes", async () => {
  let body = Buffer.alloc(0);
  const send = async () => ({ code: 200, headers: {}, body, json: JSON.parse(body.toString("utf8")) });
  const requests = { send } as unknown as ServerRequests;
  const parts = { requests, clock: { now: () => NOW } as NetworkClock, deadlines: new Deadlines({ defaultMs: 1_000 }) };
  const place = { url: "http://open.example", pubkey: "cd".repeat(32), blinding: "15" as const };
  const room = new OpenGroup(account, place, parts);
  const [data, signature] = [Buffer.from("\n\u0005\n\u0003abc\u0080"), Buffer.alloc(64)].map((each) =>
    each.toString("base64"),
  );
  const listed = { id: 1, session_id: room.identity.id, data, signature, sender: room.identity.id, message: data };
  const parse = async (input: Buffer): Promise<unknown> => {
    body = Buffer.from(input);
    return [await room.recent("room"), await room.inbox()];
  };
  const isDocumented = (error: unknown): boolean => documented(error) || error instanceof SyntaxError;
  await fuzz({ corpus: [JSON.stringify([listed, listed])], parse, documented: isDocumented });
});
