import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  accountFromRecoveryPhrase,
  createAccount,
  deleteParameters,
  HttpsConnections,
  type NetworkDescription,
  recoveryPhrase,
  retrieveParameters,
  type ServiceNode,
  storeParameters,
  SwarmpostClient,
} from "@swarmpost/client";
import { TestNetwork } from "@swarmpost/client/testing";
import { generateSeed, nodeKeysFromSeed, sign } from "@swarmpost/crypto";
import { encodeBase64, frame, unframe } from "@swarmpost/encoding";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { buildOnion, type OnionHop, parseOnionRequest } from "@swarmpost/onion";
import { LinkError, nodeCertificate, PeerLinks } from "@swarmpost/rpc";
import type { MessageHash } from "@swarmpost/storage-rpc";
import { eventually } from "@swarmpost/testkit";
import { HostileClient, pathTo, type Refusal } from "./hostile-client.ts";
import { identitiesIn } from "./privacy.ts";

let net: Network;
let client: SwarmpostClient;
let hostile: HostileClient;
/** A member of bob's swarm, and a path to it. */
let member: ServiceNode;
let path: ServiceNode[];
const connections = new HttpsConnections();
const [alice, bob] = [createAccount(), createAccount()];
const day = 86_400_000;

before(async () => {
  net = await startNetwork({ nodes: 12 });
  client = await SwarmpostClient.connect(net.networkFile);
  hostile = new HostileClient(connections);
  member = client.swarm(bob.id).members[0]!;
  path = pathTo(client, member);
});
after(async () => {
  await client?.[Symbol.asyncDispose]();
  await connections[Symbol.asyncDispose]();
  await net?.stop();
});

const call = (method: string, params: object) => JSON.stringify({ method, params });
const store = (more: object = {}) => ({
  ...storeParameters(bob.id, { data: Buffer.from("x"), timestamp: Date.now(), ttlMs: day }),
  ...more,
});
const retrieve = (timestamp: number) => retrieveParameters(bob, { namespace: 0, timestamp });

/** What a destination is asked, and what the protocol says it answers. */
const requests: [what: string, request: () => string, status: number, text: string][] = [
  ["a body that is no JSON", () => "{", 400, "invalid json"],
  ["a call without a method", () => `{"params":{}}`, 400, "invalid json: no `method` field"],
  ["a call without parameters", () => `{"method":"info"}`, 400, "invalid json: no `params` field"],
  ["an unknown method", () => call("nonsense", {}), 400, "no method nonsense"],
  ["a TTL too short", () => call("store", store({ ttl: 9_999 })), 403, "Provided expiry/TTL is not valid."],
  ["a TTL too long", () => call("store", store({ ttl: 15 * day })), 403, "Provided expiry/TTL is not valid."],
  [
    "a clock ahead",
    () => call("store", store({ timestamp: Date.now() + 60_000 })),
    406,
    "Timestamp error: check your clock",
  ],
  [
    "a clock behind",
    () => call("retrieve", retrieve(Date.now() - 120_000)),
    406,
    "retrieve timestamp too far from current time",
  ],
  [
    "bad base64",
    () => call("store", store({ data: "%%%" })),
    400,
    "invalid request: Invalid 'data' value: not base64 encoded",
  ],
  [
    "a message too large",
    () => call("store", store({ data: Buffer.alloc(76_801).toString("base64") })),
    400,
    "invalid request: Message body exceeds maximum allowed length of 76800 bytes",
  ],
  [
    "a private namespace without a signature",
    () => call("store", store({ namespace: 3 })),
    401,
    "store: signature required to store to namespace 3",
  ],
  [
    "a private namespace with a stranger's signature",
    () => {
      const params = store({ namespace: 3, pubkey_ed25519: bob.ed25519.publicKey.toString("hex") });
      const text = Buffer.from(`store3${(params as unknown as { timestamp: number }).timestamp}`);
      return call("store", { ...params, signature: encodeBase64(sign(text, alice.ed25519.secretKey)) });
    },
    401,
    "store signature verification failed",
  ],
  [
    "a delete with a stranger's signature",
    () => {
      const messages = ["A".repeat(43) as MessageHash];
      return call("delete", { ...deleteParameters(alice, messages), pubkey: bob.id });
    },
    401,
    "delete_msgs signature verification failed",
  ],
  [
    "a batch of 21 requests",
    () => call("batch", { requests: Array.from({ length: 21 }, () => ({ method: "info", params: {} })) }),
    400,
    "invalid request: Invalid batch request: subrequest limit exceeded",
  ],
  [
    "a read without a signature",
    () => call("retrieve", { pubkey: bob.id }),
    401,
    "retrieve: request signature required",
  ],
  [
    "a read with a stranger's signature",
    () => call("retrieve", { ...retrieveParameters(alice, { namespace: 0, timestamp: Date.now() }), pubkey: bob.id }),
    401,
    "retrieve signature verification failed",
  ],
];

for (const [what, request, status, text] of requests) {
  test(`${what} is refused with ${status}, at the public edge and through an onion alike`, async () => {
    assert.deepEqual(await hostile.post(member, "/storage_rpc/v1", request()), [status, text]);
    assert.deepEqual(await hostile.throughOnion(path, member, request()), [status, text]);
  });
}

test("a node outside the account's swarm answers 421 with the swarm, at the edge and through an onion", async () => {
  const { id, members } = client.swarm(bob.id);
  const outside = client.nodes().find((node) => !members.some(({ pubkey }) => pubkey === node.pubkey))!;
  for (const [status, text] of [
    await hostile.post(outside, "/storage_rpc/v1", call("store", store())),
    await hostile.throughOnion(pathTo(client, outside), outside, call("store", store())),
  ]) {
    const told = JSON.parse(text) as { swarm: string; snodes: { pubkey_ed25519: string }[] };
    assert.deepEqual([status, told.swarm], [421, id]);
    assert.deepEqual(
      told.snodes.map((node) => node.pubkey_ed25519).sort(),
      members.map((node) => node.pubkey as string).sort(),
    );
  }
});

test("a body over 10 MiB is refused with 413 on every path", async () => {
  const large = Buffer.alloc(10 * 1024 * 1024 + 1, 32);
  for (const route of ["/storage_rpc/v1", "/onion_req/v2", "/json_rpc"]) {
    assert.deepEqual(await hostile.post(member, route, large), [413, "Request body too large"], route);
  }
});

const info = Buffer.from(call("info", {}));
const onionOver = (hops: readonly OnionHop[], destination: OnionHop = member) =>
  buildOnion({ path: hops, destination: { kind: "snode", ...keysOf(destination) } }, info);
const keysOf = ({ pubkey, x25519 }: OnionHop): OnionHop => ({ pubkey, x25519 });
const strangerHop = (): OnionHop => {
  const { pubkey, x25519 } = nodeKeysFromSeed(generateSeed());
  return { pubkey, x25519: x25519.publicKey };
};
const withRouting = (change: (routing: Record<string, unknown>) => unknown): Buffer => {
  const { ephemeralKey, encType, ciphertext } = parseOnionRequest(onionOver(path).body);
  const routing = { ephemeral_key: ephemeralKey.toString("hex"), enc_type: encType };
  return frame(ciphertext, JSON.stringify(change(routing)));
};
const cannotParse = /^Error parsing onion request: /;

/** Onions that no guard or hop may take on. */
const onions: [what: string, body: () => Uint8Array, status: number, text: string | RegExp][] = [
  ["an empty onion", () => Buffer.alloc(0), 400, cannotParse],
  ["an onion cut in its length", () => onionOver(path).body.subarray(0, 3), 400, cannotParse],
  ["an onion cut in its middle", () => onionOver(path).body.subarray(0, 200), 400, cannotParse],
  ["an onion without its last byte", () => onionOver(path).body.subarray(0, -1), 400, cannotParse],
  ["an onion that claims 4 GiB", () => Buffer.alloc(100, 0xff), 400, cannotParse],
  ["an onion whose routing is no JSON", () => frame(Buffer.alloc(100), "no json"), 400, cannotParse],
  ["an onion whose routing is a list", () => withRouting(() => []), 400, cannotParse],
  ["an onion with half an ephemeral key", () => withRouting((r) => ({ ...r, ephemeral_key: "ab" })), 400, cannotParse],
  ["an onion with an unknown cipher", () => withRouting((r) => ({ ...r, enc_type: "rot13" })), 400, cannotParse],
  [
    "an onion cut inside its ciphertext",
    () => {
      const { blob, json } = unframe(onionOver(path).body)!;
      return frame(blob.subarray(0, -1), json);
    },
    400,
    "Invalid ciphertext",
  ],
  ["an onion for another guard", () => onionOver([path[1]!, path[2]!]).body, 400, "Invalid ciphertext"],
  [
    "an onion whose second layer is for another key",
    () => onionOver([path[0]!, { ...path[1]!, x25519: strangerHop().x25519 }, path[2]!]).body,
    400,
    "Invalid ciphertext",
  ],
  [
    "an onion that loops over sixteen hops",
    () => onionOver(Array.from({ length: 16 }, (_, index) => path[index % 2]!)).body,
    400,
    "onion request max path length exceeded",
  ],
  [
    "an onion that says it is at hop 15",
    () => withRouting((r) => ({ ...r, hop_no: 15 })),
    400,
    "onion request max path length exceeded",
  ],
];

for (const [what, body, status, expected] of onions) {
  test(`${what} is refused with ${status}`, async () => {
    const [got, text] = await hostile.onion(path[0]!, body());
    assert.equal(got, status, text);
    if (typeof expected === "string") assert.equal(text, expected);
    else assert.match(text, expected);
  });
}

test("a next hop that nobody registered is named, so that the client drops it", async () => {
  const stranger = strangerHop();
  const refused = await hostile.onion(path[0]!, onionOver([path[0]!, path[1]!, stranger]).body);
  assert.deepEqual(refused, [502, `Next node not found: ${stranger.pubkey}`]);
});

test("an onion that was answered once is refused the second time, and of twins sent at once one passes", async () => {
  const { body } = onionOver(path);
  assert.equal((await hostile.onion(path[0]!, body))[0], 200);
  assert.deepEqual(await hostile.onion(path[0]!, body), [400, "Invalid ciphertext"]);
  const twins = onionOver(path).body;
  const answers = await Promise.all(Array.from({ length: 5 }, () => hostile.onion(path[0]!, twins)));
  assert.deepEqual(answers.map(([status]) => String(status)).sort(), ["200", "400", "400", "400", "400"]);
});

test("a stranger's key, and a peer whose key is not the expected one, get no peer link", async () => {
  const keys = nodeKeysFromSeed(generateSeed());
  await using stranger = new PeerLinks(
    { keys, certificate: await nodeCertificate(keys) },
    { contact: () => undefined },
  );
  const registered = net.nodes[0]!.keys;
  const own = { keys: registered, certificate: await nodeCertificate(registered) };
  await using known = new PeerLinks(own, { contact: () => undefined });
  const target = net.node(member.pubkey);
  const unreachable = (error: unknown) => error instanceof LinkError && error.code === "unreachable";
  for (const port of [22020, 22022]) {
    const contact = { host: target.host, port };
    const request = (links: PeerLinks, pubkey: typeof target.pubkey) =>
      links.requestAt({ ...contact, pubkey }, 1, Buffer.from("x"), { deadlineMs: 20_000 });
    await assert.rejects(request(stranger, target.pubkey), unreachable, `a stranger on port ${port}`);
    await assert.rejects(request(known, keys.pubkey), unreachable, `another key on port ${port}`);
  }
});

test("a registered node of another swarm can't plant a record, nor can rubbish from a member", async () => {
  const { members } = client.swarm(bob.id);
  const isMember = (key: string) => members.some(({ pubkey }) => pubkey === key);
  const target = net.node(member.pubkey);
  const senders = [
    net.nodes.find(({ pubkey }) => !isMember(pubkey))!,
    net.nodes.find(({ pubkey }) => isMember(pubkey) && pubkey !== target.pubkey)!,
  ];
  const contact = { host: target.host, port: 22022, pubkey: target.pubkey };
  const refused = (error: unknown) => error instanceof LinkError && error.code === "refused";
  const payloads = [Buffer.alloc(0), Buffer.alloc(64, 0xff), Buffer.alloc(200)];
  for (const { keys } of senders) {
    await using links = new PeerLinks({ keys, certificate: await nodeCertificate(keys) }, { contact: () => undefined });
    const frames = Array.from({ length: 10 }, (_, kind) => payloads.map((payload) => ({ kind, payload }))).flat();
    const send = ({ kind, payload }: (typeof frames)[0]) =>
      assert.rejects(links.requestAt(contact, kind, payload, { deadlineMs: 20_000 }), refused, `kind ${kind}`);
    await Promise.all(frames.map(send));
  }
});

const pinned = (...seeds: { url: string; pubkey: NetworkDescription["seeds"][0]["pubkey"] }[]): NetworkDescription => ({
  ...net.networkFile,
  seeds: seeds.map(({ url, pubkey }) => ({ url, pubkey: pubkey! })),
});
const real = (index: number) => net.networkFile.seeds[index] as { url: string; pubkey: typeof member.pubkey };

test("of three pinned seeds one may lie or be down, and messages still go to the real network", async () => {
  await using elsewhere = await TestNetwork.start(5);
  const [liar] = elsewhere.nodes;
  const bad: [seed: { url: string; pubkey: typeof member.pubkey }, warning: RegExp][] = [
    [{ url: liar!.url, pubkey: liar!.keys.pubkey }, /names 5 nodes that the others do not/],
    [{ url: liar!.url, pubkey: real(2).pubkey }, /signed by another key/],
    [{ url: "https://127.0.0.1:9", pubkey: real(2).pubkey }, /did not count: it can't be reached/],
  ];
  for (const [seed, warning] of bad) {
    await using user = await SwarmpostClient.connect(pinned(seed, real(0), real(1)));
    assert.equal(user.nodes().length, 12);
    assert.match(user.nodeList().warnings.join(), warning);
    assert.ok((await user.send(alice, bob.id, `despite a bad seed: ${warning.source}`)).copies >= 4);
  }
});

test("two lying seeds of three leave the client without a network, and it says what each did", async () => {
  await using one = await TestNetwork.start(5);
  await using two = await TestNetwork.start(6);
  const liars = [one.nodes[0]!, two.nodes[0]!].map(({ url, keys }) => ({ url, pubkey: keys.pubkey }));
  await assert.rejects(SwarmpostClient.connect(pinned(real(0), ...liars)), {
    code: "seeds-failed",
    message: /agree on no node.*12 nodes.*5 nodes.*6 nodes/,
  });
});

test("a clock five minutes off is put right, one that is an hour off is named", async () => {
  await using late = await SwarmpostClient.connect(net.networkFile, { now: () => Date.now() - 300_000 });
  assert.ok((await late.send(alice, bob.id, "from the past")).copies >= 4);
  assert.ok((await late.read(bob)).messages.some((message) => message.text === "from the past"));
  const hour = SwarmpostClient.connect(net.networkFile, { now: () => Date.now() + 3_600_000 });
  await assert.rejects(hour, { code: "seeds-failed", message: /check the clock/ });
});

test("a mistyped recovery phrase names the word; the right one opens the inbox", async () => {
  const words = recoveryPhrase(bob).split(" ");
  const typed = (index: number, word: string) => words.with(index, word).join(" ");
  assert.throws(() => accountFromRecoveryPhrase(typed(4, "qwxyz")), {
    code: "unknown-word",
    message: /word 5 .*"qwxyz"/,
    detail: { position: 5 },
  });
  assert.throws(() => accountFromRecoveryPhrase(words.slice(0, 12).join(" ")), { code: "missing-checksum" });
  assert.throws(() => accountFromRecoveryPhrase(words.slice(0, 9).join(" ")), { code: "word-count" });
  const restored = accountFromRecoveryPhrase(words.join("  ").toUpperCase());
  assert.ok((await client.read(restored)).messages.some((message) => message.text === "from the past"));
});

test("after all of it every node answers, a message reaches every member, and no log knows who asked", async () => {
  for (const node of client.nodes()) {
    const [status, text]: Refusal = await hostile.post(node, "/storage_rpc/v1", info);
    assert.deepEqual([status, JSON.parse(text).version], [200, [2, 11, 0]]);
  }
  const receipt = await client.send(alice, bob.id, "still here");
  assert.equal(receipt.copies, receipt.members.length);
  assert.ok((await client.read(bob)).messages.some((message) => message.text === "still here"));
  const logs = await net.logs();
  const failures = logs.split("\n").filter((line) => line.includes(`"level":"error"`));
  assert.deepEqual(failures, []);
  const secrets = identitiesIn({ nodes: net.nodes, accounts: [alice, bob], hashes: [receipt.hash] });
  for (const [what, secret] of secrets) assert.ok(!logs.includes(secret), `the logs hold ${what}`);
});

test("with Postgres killed a store is told 503, never acknowledged, and the network recovers by itself", async () => {
  const postgres = net.backends.databases.server!;
  await postgres.kill();
  const stored = await hostile.throughOnion(path, member, call("store", store({ data: encodeBase64(bob.entropy) })));
  assert.equal(stored[0], 503, stored[1]);
  await assert.rejects(client.send(alice, bob.id, "nobody can keep this"), { name: "ClientError" });
  await postgres.start();
  await eventually(() => client.send(alice, bob.id, "kept again"), { timeoutMs: 60_000, intervalMs: 500 });
  const texts = (await client.read(bob)).messages.map((message) => message.text);
  for (const text of ["still here", "kept again"]) assert.ok(texts.includes(text), text);
});
