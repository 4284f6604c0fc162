import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { clientChannelKey, generateSeed, nodeKeysFromSeed, x25519KeyPair } from "@swarmpost/crypto";
import { frame, unframe } from "@swarmpost/encoding";
import { buildOnion, type OnionHop, type OnionRoute, parseOnionRequest } from "@swarmpost/onion";
import { nodeCertificate, PeerServer } from "@swarmpost/rpc";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

let network: RelayNetwork;
let nodes: [TestRelay, TestRelay, TestRelay, TestRelay];

before(async () => {
  network = await RelayNetwork.start({ nodes: 4 });
  nodes = network.relays as unknown as typeof nodes;
});

after(() => network[Symbol.asyncDispose]());

const info = Buffer.from(`{"method":"info","params":{}}`);
const route = (hops: readonly OnionHop[], destination: OnionHop): OnionRoute => ({
  path: hops,
  destination: { kind: "snode", ...destination },
});
const threeHops = () => nodes.slice(0, 3).map((node) => node.hop);

async function refused(body: Buffer, guard = nodes[0]): Promise<[number, string]> {
  const reply = await network.onion(guard, body);
  return [reply.status, reply.body.toString()];
}

test("a truncated onion is malformed or does not open", async () => {
  const { body } = buildOnion(route(threeHops(), nodes[3].hop), info);
  for (const length of [0, 3, 100, body.length - 1]) {
    const [status, text] = await refused(body.subarray(0, length));
    assert.equal(status, 400);
    assert.match(text, /^Error parsing onion request: /);
  }
  const parts = unframe(body);
  assert.ok(parts);
  assert.deepEqual(await refused(frame(parts.blob.subarray(0, -1), parts.json)), [400, "Invalid ciphertext"]);
  assert.deepEqual(await refused(frame(Buffer.alloc(5), parts.json)), [400, "Invalid ciphertext"]);
});

test("an onion for another key, or with an ephemeral key of small order, does not open", async () => {
  const stranger = nodeKeysFromSeed(generateSeed());
  const hop = { pubkey: stranger.pubkey, x25519: stranger.x25519.publicKey };
  for (const encType of ["aes-gcm", "xchacha20"] as const) {
    const { body } = buildOnion({ ...route([hop], nodes[3].hop), encType }, info);
    assert.deepEqual(await refused(body), [400, "Invalid ciphertext"]);
    const zero = frame(Buffer.alloc(100), JSON.stringify({ ephemeral_key: "00".repeat(32), enc_type: encType }));
    assert.deepEqual(await refused(zero), [400, "Invalid ciphertext"]);
  }
});

test("a layer that opens to nothing known is told so encrypted", async () => {
  const ephemeral = x25519KeyPair();
  const [guard] = nodes;
  const key = clientChannelKey("xchacha20", ephemeral.secretKey, ephemeral.publicKey, guard.hop.x25519);
  const routing = JSON.stringify({ ephemeral_key: ephemeral.publicKey.toString("hex"), enc_type: "xchacha20" });
  for (const plain of [Buffer.from("rubbish"), frame(info, "no json"), frame(info, `{"destination":"x"}`)]) {
    const reply = await network.onion(guard, frame(key.seal(plain), routing));
    assert.equal(reply.status, 200);
    const opened = key.open(Buffer.from(reply.body.toString(), "base64"));
    assert.deepEqual(JSON.parse(opened?.toString() ?? ""), { status: 400, body: "Invalid json" });
  }
});

test("an onion that loops goes through 15 relays and is refused by the sixteenth", async () => {
  const loop = (relays: number): OnionHop[] =>
    Array.from({ length: relays }, (_, index) => (index % 2 === 0 ? nodes[0] : nodes[1]).hop);
  const fine = buildOnion(route(loop(15), nodes[3].hop), info);
  const reply = await network.onion(nodes[0], fine.body);
  assert.equal(reply.status, 200);
  assert.ok(fine.open(reply.body));
  const { body } = buildOnion(route(loop(16), nodes[3].hop), info);
  assert.deepEqual(await refused(body), [400, "onion request max path length exceeded"]);
  const itself = parseOnionRequest(buildOnion(route([nodes[0].hop], nodes[3].hop), info).body);
  const { ephemeralKey, encType, ciphertext } = itself;
  const deep = { ephemeral_key: ephemeralKey.toString("hex"), enc_type: encType, hop_no: 15 };
  const text = "onion request max path length exceeded";
  assert.deepEqual(await refused(frame(ciphertext, JSON.stringify(deep))), [400, text]);
});

test("a node that nobody registered is named in the error", async () => {
  const { pubkey, x25519 } = nodeKeysFromSeed(generateSeed());
  const unknown = { pubkey, x25519: x25519.publicKey };
  const { body } = buildOnion(route([...threeHops(), unknown], nodes[3].hop), info);
  assert.deepEqual(await refused(body), [502, `Next node not found: ${pubkey}`]);
});

test("a registered node without a proof is named as unreachable, and so is one that is down", async () => {
  const text = `Next node is currently unreachable: ${nodes[3].pubkey}`;
  await network.show((node, index) => (index === 3 ? { ...node, contact: undefined } : node));
  assert.deepEqual(await refused(buildOnion(route(threeHops(), nodes[3].hop), info).body), [502, text]);
  await network.show((node, index) =>
    index === 3 && node.contact ? { ...node, contact: { ...node.contact, peerPort: 1 } } : node,
  );
  assert.deepEqual(await refused(buildOnion(route(threeHops(), nodes[3].hop), info).body), [502, text]);
  await network.show();
});

test("a node that shows another key than the proof's is unreachable", async () => {
  const ports = (await network.viewNode(nodes[2])).contact;
  assert.ok(ports);
  // The address of the third node under the fourth node's name and certificate.
  await network.show((node, index) =>
    index === 3 && node.contact ? { ...node, contact: { ...node.contact, peerPort: ports.peerPort } } : node,
  );
  const { body } = buildOnion(route(threeHops().slice(0, 2), nodes[3].hop), info);
  assert.deepEqual(await refused(body), [502, `Next node is currently unreachable: ${nodes[3].pubkey}`]);
  await network.show();
});

test("a next node that does not answer in time ends in 504", async () => {
  await using slow = await RelayNetwork.start({ nodes: 2, config: { HOP_TIMEOUT_MS: "500" } });
  const [guard, last] = slow.relays as [TestRelay, TestRelay];
  // In the last node's place, with its key: one that takes the frame and says nothing.
  const hold = Promise.withResolvers<Buffer>();
  const identity = { keys: last.keys, certificate: await nodeCertificate(last.keys), host: "127.0.0.1", port: 0 };
  await using silent = new PeerServer(
    { ...identity, graceMs: 100 },
    { admit: () => true, handler: () => hold.promise },
  );
  await silent.listen();
  const peerPort = Number(silent.address.split(":").at(-1));
  await slow.show((node, index) =>
    index === 1 && node.contact ? { ...node, contact: { ...node.contact, peerPort } } : node,
  );
  const reply = await slow.onion(guard, buildOnion(route([guard.hop], last.hop), info).body);
  assert.deepEqual([reply.status, reply.body.toString()], [504, "Request time out"]);
  hold.resolve(Buffer.alloc(2));
});

test("a destination whose storage is slow says so itself, before the nodes before it give up", async () => {
  await using slow = await RelayNetwork.start({ nodes: 2, config: { HOP_TIMEOUT_MS: "1000" } });
  const [guard, last] = slow.relays as [TestRelay, TestRelay];
  const hold = Promise.withResolvers<[number, string]>();
  last.storage.script = () => hold.promise;
  const onion = buildOnion(route([guard.hop], last.hop), info);
  const reply = await slow.onion(guard, onion.body);
  const said = JSON.parse(onion.open(reply.body)?.toString() ?? "null") as unknown;
  assert.deepEqual([reply.status, said], [200, { status: 504, body: "Request time out" }]);
  hold.resolve([200, ""]);
});

test("a next node that is not ready says so under its own name", async () => {
  nodes[3].storage.notReady = "no database";
  await network.notReady(nodes[3]);
  const { body } = buildOnion(route(threeHops(), nodes[3].hop), info);
  assert.deepEqual(await refused(body), [503, `Snode not ready: ${nodes[3].pubkey}`]);
  assert.deepEqual(await refused(body, nodes[3]), [503, "Service node is not ready: no database\n"]);
  nodes[3].storage.notReady = "";
  await network.ready(nodes[3]);
});
