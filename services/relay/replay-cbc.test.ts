import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type BuiltOnion, buildOnion } from "@swarmpost/onion";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

let network: RelayNetwork;
let node: TestRelay;

before(async () => {
  network = await RelayNetwork.start({ nodes: 1 });
  [node] = network.relays as [TestRelay];
});

after(() => network[Symbol.asyncDispose]());

function onion(encType: "aes-gcm" | "aes-cbc" | "xchacha20"): BuiltOnion {
  const route = { path: [node.hop], destination: { kind: "snode", ...node.hop } as const, encType };
  return buildOnion(route, Buffer.from(`{"method":"info","params":{}}`));
}

async function send(body: Buffer): Promise<[number, string]> {
  const reply = await network.onion(node, body);
  return [reply.status, reply.body.toString()];
}

/** Changes the last byte of the ciphertext, which breaks the padding of aes-cbc and the tag of the others. */
function broken(body: Buffer): Buffer {
  const changed = Buffer.from(body);
  const last = 4 + changed.readUInt32LE() - 1;
  changed[last] = (changed[last] ?? 0) ^ 0x55;
  return changed;
}

test("the padding of an aes-cbc layer can be tried once only for each secret", async () => {
  const { body } = onion("aes-cbc");
  assert.deepEqual(await send(broken(body)), [400, "Invalid ciphertext"]);
  // Whatever comes now under the same ephemeral key is refused before it is opened, the true layer too.
  assert.deepEqual(await send(body), [400, "Invalid ciphertext"]);
  const metrics = await node.runtime.metrics.render();
  assert.match(metrics, /layers_total\{outcome="invalid_ciphertext"\} 1/);
  assert.match(metrics, /layers_total\{outcome="replay"\} 1/);
});

test("with an authenticated cipher a broken copy does not keep the true layer out", async () => {
  for (const encType of ["aes-gcm", "xchacha20"] as const) {
    const { body } = onion(encType);
    assert.deepEqual(await send(broken(body)), [400, "Invalid ciphertext"]);
    assert.equal((await send(body))[0], 200);
  }
});
