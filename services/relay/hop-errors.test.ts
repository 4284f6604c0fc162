import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import { buildOnion, type OnionHop } from "@swarmpost/onion";
import { eventually } from "@swarmpost/testkit";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

/** Longest `wait` of a `retrieve`, docs/protocol/long-poll.md. */
const MAX_WAIT_MS = 20_000;
const info = Buffer.from(`{"method":"info","params":{}}`);
type Four = [TestRelay, TestRelay, TestRelay, TestRelay];

async function four(config: Record<string, string> = {}): Promise<{ network: RelayNetwork; nodes: Four }> {
  const network = await RelayNetwork.start({ nodes: 4, config });
  return { network, nodes: network.relays as unknown as Four };
}

function onion(path: readonly OnionHop[], destination: OnionHop): Buffer {
  return buildOnion({ path, destination: { kind: "snode", ...destination } }, info).body;
}

/** What a client is told who sends an onion through these relays to the last of them. */
async function told(network: RelayNetwork, through: readonly TestRelay[], to?: OnionHop): Promise<[number, string]> {
  const hops = through.map((relay) => relay.hop);
  const destination = to ?? (hops.at(-1) as OnionHop);
  const reply = await network.onion(through[0] as TestRelay, onion(to ? hops : hops.slice(0, -1), destination));
  return [reply.status, reply.body.toString()];
}

test("a layer that does not open for the node behind three relays is told by it", async () => {
  const { network, nodes } = await four();
  await using _ = network;
  const last = { ...nodes[3].hop, x25519: nodeKeysFromSeed(generateSeed()).x25519.publicKey };
  assert.deepEqual(await told(network, nodes.slice(0, 3), last), [400, "Invalid ciphertext"]);
});

test("a node that has too much under way says so through three relays", async () => {
  const { network, nodes } = await four({ MAX_PEER_REQUESTS: "1" });
  await using _ = network;
  const hold = Promise.withResolvers<[number, string]>();
  let asked = 0;
  nodes[3].storage.script = () => {
    asked++;
    return hold.promise;
  };
  const first = told(network, [nodes[2], nodes[3]]);
  await eventually(() => asked === 1);
  assert.deepEqual(await told(network, nodes), [503, "Server busy, try again later"]);
  hold.resolve([200, "{}"]);
  assert.equal((await first)[0], 200);
});

test("a node that is gone is named by the relay before it, at whatever place of the path", async () => {
  const { network, nodes } = await four();
  await using _ = network;
  for (const place of [1, 2, 3]) {
    const gone = nodes[place] as TestRelay;
    await network.show((node, index) =>
      index === place && node.contact ? { ...node, contact: { ...node.contact, peerPort: 1 } } : node,
    );
    assert.deepEqual(await told(network, nodes), [502, `Next node is currently unreachable: ${gone.pubkey}`]);
    await network.show((node, index) => (index === place ? undefined : node));
    assert.deepEqual(await told(network, nodes), [502, `Next node not found: ${gone.pubkey}`]);
  }
});

test("the longest wait of a reader fits into what every relay of the path leaves the next", async () => {
  const { network, nodes } = await four();
  await using _ = network;
  assert.equal((await told(network, nodes))[0], 200);
  const [leftMs = 0] = nodes[3].storage.waits;
  assert.ok(leftMs >= MAX_WAIT_MS + 1_000, `${leftMs} ms`);
});
