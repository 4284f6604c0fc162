import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { generateSeed, type NodeKeys, nodeKeysFromSeed } from "@swarmpost/crypto";
import { decodeProof, networkId, verifyProof, verifyRegistration } from "@swarmpost/proof";
import { ExchangeRequestSchema, ExchangeResponseSchema, NodeService, ProofService } from "@swarmpost/protos";
import {
  createClient,
  GrpcServer,
  implement,
  type LinkError,
  nodeCertificate,
  openChannel,
  PeerLinks,
} from "@swarmpost/rpc";
import { eventually } from "@swarmpost/testkit";
import { encodeHopFrame } from "@swarmpost/onion";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

let network: RelayNetwork;
let testSuite: GrpcServer;
let nodes: [TestRelay, TestRelay];
const brought: { peer: string; proofs: number }[] = [];
let answered = 1;
const signed = { proof: Buffer.from("proof"), signature: Buffer.alloc(64) };

before(async () => {
  testSuite = new GrpcServer({ host: "127.0.0.1", port: 0, graceMs: 100 });
  implement(testSuite, ProofService, {
    exchange: async ({ peer, proofs }) => {
      brought.push({ peer: Buffer.from(peer).toString("hex"), proofs: proofs.length });
      return { proofs: Array.from({ length: answered }, () => signed), want: [Buffer.alloc(32, 9)] };
    },
    getProofs: async () => ({}),
    watchProofs: async function* () {},
  });
  await testSuite.listen();
  const config = { TEST_SUITE: testSuite.address, RATE_NODE_BURST: "5", RATE_NODE_PER_SECOND: "1" };
  network = await RelayNetwork.start({ nodes: 2, config });
  nodes = network.relays as unknown as typeof nodes;
});

after(async () => {
  await network[Symbol.asyncDispose]();
  await testSuite[Symbol.asyncDispose]();
});

async function linksOf(keys: NodeKeys): Promise<PeerLinks> {
  return new PeerLinks({ keys, certificate: await nodeCertificate(keys) }, { contact: () => undefined });
}

const at = (node: TestRelay) => ({ pubkey: node.pubkey, host: "127.0.0.1", port: node.service.peerPort });
const badHop = encodeHopFrame({
  encType: "xchacha20",
  hopNo: 1,
  ephemeralKey: Buffer.alloc(32, 5),
  ciphertext: Buffer.alloc(80),
});

test("a node that nobody registered gets no link", async () => {
  await using links = await linksOf(nodeKeysFromSeed(generateSeed()));
  await assert.rejects(links.requestAt(at(nodes[0]), 1, badHop, { deadlineMs: 2_000 }), { name: "LinkError" });
});

test("a node that shows another key than asked for gets nothing", async () => {
  await using links = await linksOf(nodes[1].keys);
  const wrong = { ...at(nodes[0]), pubkey: nodeKeysFromSeed(generateSeed()).pubkey };
  await assert.rejects(links.requestAt(wrong, 1, badHop, { deadlineMs: 2_000 }), { code: "unreachable" });
});

test("a registered node's onions are answered up to its rate, and unknown or malformed frames are refused", async () => {
  await using links = await linksOf(nodes[1].keys);
  const ask = (kind: number, payload: Buffer) => links.requestAt(at(nodes[0]), kind, payload, { deadlineMs: 5_000 });
  const answer = await ask(1, badHop);
  assert.deepEqual([answer.readUInt16LE(), answer.subarray(2).toString()], [400, "Invalid ciphertext"]);
  await assert.rejects(ask(1, Buffer.alloc(10)), { code: "refused", detail: 400 });
  await assert.rejects(ask(9, badHop), { code: "refused", detail: 404 });
  await eventually(async () => (await ask(1, badHop)).readUInt16LE() === 429, { intervalMs: 1 });
});

test("a link ends when its node leaves the registry", async () => {
  await using links = await linksOf(nodes[1].keys);
  const ask = () => links.requestAt(at(nodes[0]), 2, Buffer.alloc(0), { deadlineMs: 2_000 });
  await ask();
  await network.show((node, index) => (index === 1 ? undefined : node));
  await assert.rejects(ask(), { name: "LinkError" });
  await network.show();
  await eventually(ask);
});

test("proofs of a peer reach test-suite under the key that TLS verified", async () => {
  await using links = await linksOf(nodes[1].keys);
  const claimed = { peer: Buffer.alloc(32, 1), proofs: [signed] };
  const payload = toBinary(ExchangeRequestSchema, create(ExchangeRequestSchema, claimed));
  const answer = await links.requestAt(at(nodes[0]), 2, payload, { deadlineMs: 5_000 });
  assert.deepEqual(brought.at(-1), { peer: nodes[1].pubkey, proofs: 1 });
  const { proofs, want } = fromBinary(ExchangeResponseSchema, answer);
  assert.deepEqual([proofs.length, want.length], [1, 1]);
  await assert.rejects(links.requestAt(at(nodes[0]), 2, Buffer.from("rubbish!"), { deadlineMs: 5_000 }), {
    code: "refused",
    detail: 400,
  });
});

test("an exchange that is too long is refused unread, and so is more than ten at once", async () => {
  // Node 1 itself is asked, so that the buckets of the other tests are left alone.
  await using links = await linksOf(nodes[1].keys);
  const ask = (payload: Buffer) => links.requestAt(at(nodes[1]), 2, payload, { deadlineMs: 5_000 });
  const before = brought.length;
  await assert.rejects(ask(Buffer.alloc(1_048_577)), { code: "refused", detail: 413 });
  const asked = await Promise.allSettled(Array.from({ length: 40 }, () => ask(Buffer.alloc(0))));
  const refused = asked.filter((one) => one.status === "rejected").map((one) => one.reason as LinkError);
  assert.ok(refused.length >= 25, "the bucket holds ten, and fills again slowly");
  assert.ok(refused.every(({ code, detail }) => code === "refused" && detail === 429));
  assert.equal(brought.length - before, asked.length - refused.length);
});

test("test-suite has proofs carried to a known peer and to one known by key and address only", async () => {
  await using channel = openChannel(nodes[0].service.address);
  const client = createClient(NodeService, channel);
  const peer = nodes[1].keys.ed25519.publicKey;
  for (const address of ["", `127.0.0.1:${nodes[1].service.peerPort}`]) {
    const answer = await client.exchangeProofs({ peer, address, proofs: [signed, signed], have: [] });
    assert.equal(answer.proofs.length, 1);
    assert.deepEqual(brought.at(-1), { peer: nodes[0].pubkey, proofs: 2 });
  }
  answered = 15_000;
  await assert.rejects(client.exchangeProofs({ peer }), { code: "unavailable", message: /too long/ });
  answered = 1;
  const address = `127.0.0.1:${nodes[1].service.peerPort}`;
  await network.show((node, index) => (index === 1 ? undefined : node));
  await assert.rejects(client.exchangeProofs({ peer, address }), { code: "unavailable", message: /unreachable/ });
  await network.show();
  const stranger = nodeKeysFromSeed(generateSeed()).ed25519.publicKey;
  await assert.rejects(client.exchangeProofs({ peer: stranger }), { code: "unavailable" });
  await assert.rejects(client.exchangeProofs({ peer, address: "nowhere" }), { code: "invalid-argument" });
  await assert.rejects(client.exchangeProofs({ peer: Buffer.alloc(3) }), { code: "invalid-argument" });
});

test("a proof is signed with the ports as bound, and only while the node is ready", async () => {
  await using channel = openChannel(nodes[0].service.address);
  const client = createClient(NodeService, channel);
  const answer = await client.signProof({});
  assert.ok(answer.signed);
  const verdict = verifyProof(answer.signed, {
    nowMs: Date.now(),
    network: networkId(31_337n, Buffer.alloc(20, 1)),
    registered: (key) => key === nodes[0].pubkey,
    previous: () => undefined,
    allowedAddress: () => true,
  });
  assert.ok(verdict.ok);
  const proof = decodeProof(answer.signed.proof);
  assert.equal(proof?.httpsPort, nodes[0].service.httpsPort);
  assert.equal(proof?.peerPort, nodes[0].service.peerPort);
  assert.deepEqual([proof?.replicaPort, proof?.ip, proof?.version], [22_022, "127.0.0.1", [2, 11, 0]]);
  nodes[0].storage.notReady = "no database";
  await network.notReady(nodes[0]);
  await assert.rejects(client.signProof({}), { code: "failed-precondition", message: "no database" });
  nodes[0].storage.notReady = "";
  await network.ready(nodes[0]);
});

test("a registration is signed before the node is registered or ready, and holds for what was asked only", async () => {
  await using channel = openChannel(nodes[0].service.address);
  const client = createClient(NodeService, channel);
  const [contract, operator] = [Buffer.alloc(20, 0xc0), Buffer.alloc(20, 0x0e)];
  nodes[0].storage.notReady = "no database";
  await network.show((node, index) => (index === 0 ? undefined : node));
  await network.notReady(nodes[0]);
  const { pubkey, signature } = await client.signRegistration({ chainId: 31_337n, contract, operator });
  assert.equal(Buffer.from(pubkey).toString("hex"), nodes[0].pubkey);
  const binding = {
    chainId: 31_337n,
    contract: `0x${contract.toString("hex")}`,
    operator: `0x${operator.toString("hex")}`,
    nodeKey: nodes[0].pubkey,
  } as const;
  assert.ok(verifyRegistration(binding, signature));
  assert.ok(!verifyRegistration({ ...binding, operator: binding.contract }, signature));
  await assert.rejects(client.signRegistration({ chainId: 1n, contract, operator: Buffer.alloc(19) }), {
    code: "invalid-argument",
  });
  nodes[0].storage.notReady = "";
  await network.show();
  await network.ready(nodes[0]);
});

test("a node is not ready before it is registered and sits in a swarm", async () => {
  const reasons = () => nodes[0].runtime.health.reasons().join();
  await network.show((node, index) => (index === 0 ? undefined : node));
  assert.equal(reasons(), "network view: not registered");
  await network.show((node) => ({ ...node, seated: false }));
  assert.equal(reasons(), "network view: in no swarm");
  // Its own proof is not needed: it could never sign the first one.
  await network.show((node) => ({ ...node, contact: undefined }));
  assert.equal(reasons(), "");
  network.follower.reason = "the chain is not known yet";
  assert.equal(reasons(), "network view: the chain is not known yet");
  network.follower.reason = undefined;
  await network.show();
});
