import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { eventually } from "@swarmpost/testkit";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const patience = { timeoutMs: 30_000 };
const STRAGGLER_MS = 1_000;

/** What answers at a pod's address while the pod is being replaced: nothing, without an error either. */
async function silence(): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => void sockets.add(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const ready = (nodes: readonly TestNode[]) =>
  eventually(() => assert.ok(nodes.every((node) => node.unready.length === 0)), patience);

/** How long the slowest of some stores takes, in milliseconds. */
async function slowest(node: TestNode, account: TestAccount): Promise<number> {
  let most = 0;
  for (let i = 0; i < 5; i++) {
    const begin = performance.now();
    const { status } = await node.rpc("store", account.store(`${i} ${begin}`));
    assert.equal(status, 200);
    most = Math.max(most, performance.now() - begin);
  }
  return most;
}

test("nobody waits for a member that said that it is being stopped, and it gets what it missed when it is back", async () => {
  await using swarm = await TestSwarm.start(3, { settings: { STRAGGLER_MS: String(STRAGGLER_MS) } });
  await ready(swarm.nodes);
  const [entry, member] = swarm.nodes as [TestNode, TestNode];
  const account = new TestAccount();
  await slowest(entry, account);

  // Without a word, as after a crash: the members find out by waiting.
  member.service.node.leave = async () => {};
  await member.stop();
  const crashed = await silenced(swarm, member, () => slowest(entry, account));
  await member.start();
  await ready([member]);
  assert.equal(await member.count(), 10);

  await member.stop();
  const stopped = await silenced(swarm, member, () => slowest(entry, account));
  await member.start();
  await ready([member]);
  assert.equal(await member.count(), 15);
  assert.ok(crashed >= STRAGGLER_MS, `a crash shows: ${crashed} ms`);
  assert.ok(stopped < crashed / 2, `a stop does not: ${stopped} ms instead of ${crashed} ms`);
});

/** Does work while the node's address leads nowhere, as that of a pod that is being moved. */
async function silenced(swarm: TestSwarm, node: TestNode, work: () => Promise<number>): Promise<number> {
  const { replicaPort } = node;
  await using nowhere = await silence();
  node.replicaPort = nowhere.port;
  swarm.publish();
  const result = await work();
  node.replicaPort = replicaPort;
  swarm.publish();
  return result;
}
