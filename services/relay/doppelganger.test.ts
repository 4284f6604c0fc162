import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer } from "node:net";
import { test } from "node:test";
import { MemoryCacheStore } from "@swarmpost/cache";
import { NodeService } from "@swarmpost/protos";
import { createClient, nodeCertificate, openChannel, PeerLinks, RpcError } from "@swarmpost/rpc";
import { eventually } from "@swarmpost/testkit";
import { PEER_KIND } from "./peer-kind.ts";
import { RelayError } from "./relay-error.ts";
import { RelayNetwork, type RelayNetworkOptions, TestRelay } from "./testing/relay-network.ts";

const FOUND = "identity: another process runs with this node's key and answers at its published address";
const quick = { DOPPELGANGER_CHECK_MS: "100" };

/** Another process with the same key; its own contact is not in the view. */
async function twinOf(relay: TestRelay, network: RelayNetwork, config: RelayNetworkOptions["config"] = {}) {
  await using stack = new AsyncDisposableStack();
  const twin = new TestRelay(relay.seed);
  await twin.storage.listen();
  stack.use(twin.storage);
  const options = { nodes: 1, config: { ...quick, ...config } };
  await twin.start(options, network.follower, new MemoryCacheStore());
  stack.use(twin.service);
  const opened = stack.move();
  return Object.assign(twin, { [Symbol.asyncDispose]: () => opened.disposeAsync() });
}

async function state(relay: TestRelay): Promise<string | undefined> {
  const lines = (await relay.runtime.metrics.render()).split("\n");
  return lines.find((line) => line.startsWith("swarmpost_relay_doppelganger_state "))?.split(" ")[1];
}

async function signs(relay: TestRelay): Promise<boolean> {
  await using channel = openChannel(relay.service.address);
  try {
    return (await createClient(NodeService, channel).signProof({})).signed !== undefined;
  } catch (error) {
    if (error instanceof RpcError && error.code === "failed-precondition") return false;
    throw error;
  }
}

const reasons = (relay: TestRelay): string => relay.runtime.health.reasons().join();

test("a second process with a node's key signs nothing, and refuses to start with one sentence", async () => {
  await using network = await RelayNetwork.start({ nodes: 1, config: quick });
  const [first] = network.relays as [TestRelay];
  await using twin = await twinOf(first, network, { DOPPELGANGER_WAIT_MS: "1500" });
  await eventually(() => assert.equal(reasons(twin), FOUND));
  assert.equal(await signs(twin), false);
  assert.equal(twin.failures.length, 0, "it waits before it refuses");
  await eventually(() => assert.equal(twin.failures.length, 1));
  const error = twin.failures[0];
  assert.ok(error instanceof RelayError && error.code === "doppelganger");
  assert.match(error.message, /^another process runs with this node's key .*: stop it before this one starts$/);
  assert.equal(await signs(twin), false);
  assert.deepEqual([reasons(first), await signs(first), first.failures.length], ["", true, 0]);
});

test("a process that is being stopped is waited for", async () => {
  await using network = await RelayNetwork.start({ nodes: 1, config: quick });
  const [first] = network.relays as [TestRelay];
  await using twin = await twinOf(first, network);
  await eventually(() => assert.equal(reasons(twin), FOUND));
  assert.equal(await state(twin), "1");
  await first.service[Symbol.asyncDispose]();
  await network.ready(twin);
  assert.deepEqual([await signs(twin), await state(twin), twin.failures.length], [true, "0", 0]);
});

test("a node that meets nobody but itself, behind its own address, never accuses itself", async () => {
  await using network = await RelayNetwork.start({ nodes: 1, config: quick });
  const [only] = network.relays as [TestRelay];
  for (let restart = 0; restart < 3; restart += 1) {
    assert.deepEqual([await signs(only), await state(only), only.failures.length], [true, "0", 0]);
    await network.restart(only);
  }
});

test("a process found later takes a node's readiness until it is gone, and the log says so", async () => {
  // However short a start may wait: this one is over.
  const config = { ...quick, DOPPELGANGER_WAIT_MS: "0" };
  await using network = await RelayNetwork.start({ nodes: 1, config, logLevel: "warn" });
  const [first] = network.relays as [TestRelay];
  const own = await network.viewNode(first);
  network.follower.show([{ ...own, contact: undefined }]);
  await using twin = await twinOf(first, network);
  await network.ready(twin);
  // The address of the key's last proof now leads to the twin.
  network.follower.show([await network.viewNode(twin)]);
  await eventually(() => assert.equal(reasons(first), FOUND));
  assert.deepEqual([await signs(first), await state(first), first.failures.length], [false, "1", 0]);
  assert.deepEqual([reasons(twin), await signs(twin)], ["", true]);
  assert.equal(first.lines.filter(({ event }) => event === "doppelganger_found").length, 1);
  await twin.service[Symbol.asyncDispose]();
  await network.ready(first);
  assert.equal(await state(first), "0");
});

test("of two processes that start together only the one that the address leads to becomes ready", async () => {
  await using network = await RelayNetwork.start({ nodes: 1, config: quick });
  const [first] = network.relays as [TestRelay];
  await first.service[Symbol.asyncDispose]();
  network.follower.reason = "no answer yet from test-suite";
  await using twin = await twinOf(first, network, { DOPPELGANGER_WAIT_MS: "500" });
  const { httpsPort, peerPort } = first.service;
  const ports = { HTTPS_PORT: String(httpsPort), PEER_PORT: String(peerPort), DOPPELGANGER_WAIT_MS: "500" };
  await first.start({ nodes: 1, config: { ...quick, ...ports } }, network.follower, new MemoryCacheStore());
  assert.match(reasons(first), /identity: not known yet/);
  network.follower.reason = undefined;
  await eventually(() => assert.equal(twin.failures.length, 1));
  await network.ready(first);
  assert.deepEqual([reasons(twin), first.failures.length], [FOUND, 0]);
});

test("of two processes behind one address neither becomes ready", async () => {
  await using network = await RelayNetwork.start({ nodes: 1, config: quick });
  const [first] = network.relays as [TestRelay];
  await first.service[Symbol.asyncDispose]();
  network.follower.reason = "no answer yet from test-suite";
  await using twin = await twinOf(first, network, { DOPPELGANGER_WAIT_MS: "0" });
  await using other = await twinOf(first, network, { DOPPELGANGER_WAIT_MS: "0" });
  let turn = 0;
  const balancer = createServer((socket) => {
    turn += 1;
    const behind = connect(turn % 2 === 0 ? twin.service.peerPort : other.service.peerPort, "127.0.0.1");
    for (const end of [socket, behind]) end.on("error", () => end.destroy());
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => balancer.listen(0, "127.0.0.1", resolve));
  const seen = await network.viewNode(twin);
  const { port } = balancer.address() as AddressInfo;
  network.follower.show([{ ...seen, contact: { ...seen.contact!, peerPort: port } }]);
  network.follower.reason = undefined;
  await eventually(() => assert.deepEqual([twin.failures.length > 0, other.failures.length > 0], [true, true]));
  assert.deepEqual([await signs(twin), await signs(other)], [false, false]);
  balancer.close();
});

test("only callers with the node's own key are told its nonce, also before it is registered", async () => {
  await using network = await RelayNetwork.start({ nodes: 2 });
  const [first, second] = network.relays as [TestRelay, TestRelay];
  const ask = async ({ keys }: TestRelay) => {
    await using links = new PeerLinks({ keys, certificate: await nodeCertificate(keys) }, { contact: () => undefined });
    const at = { pubkey: first.pubkey, host: "127.0.0.1", port: first.service.peerPort };
    return await links.requestAt(at, PEER_KIND.instance, Buffer.alloc(0), { deadlineMs: 2_000 });
  };
  const nonce = await ask(first);
  assert.equal(nonce.length, 16);
  await assert.rejects(ask(second), { code: "refused", detail: 403 });
  await network.show((node, index) => (index === 0 ? undefined : node));
  assert.deepEqual(await ask(first), nonce);
  await network.show();
  await network.restart(first);
  assert.notDeepEqual(await ask(first), nonce);
});
