import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { ChainService } from "@swarmpost/protos";
import { createClient, openChannel } from "@swarmpost/rpc";
import { testAuthority } from "@swarmpost/rpc/test-authority.ts";
import { Traffic } from "../chaos/traffic.ts";

let net: Network;

before(async () => {
  const authority = await testAuthority();
  net = await startNetwork({ nodes: 6, processes: true, certify: (addresses) => authority.issue(...addresses) });
});
after(() => net?.stop());

test("who shows no certificate of the cluster is answered by none of its services", async () => {
  const [cluster] = net.clusters;
  for (const address of [cluster!.address("chain-watcher"), net.nodes[0]!.control]) {
    await using plain = openChannel(address);
    await assert.rejects(createClient(ChainService, plain).getRegistry({}), { name: "RpcError", code: "unavailable" });
  }
});

test("with a process for each service, on real NATS and Redis and cluster certificates, a member killed in the middle of stores loses nothing", async () => {
  await using traffic = await Traffic.over(net);
  traffic.start(3);
  await traffic.untilMore(10);
  const [victim] = traffic.client.swarm(traffic.recipient.id).members;
  const { length: before } = traffic.acknowledged;
  await net.node(victim!.pubkey).kill("storage");
  await traffic.untilMore(10);
  const during = traffic.acknowledged.slice(before).map(({ receipt }) => receipt);
  assert.ok(
    during.some(({ copies, members }) => copies < members.length),
    "the kill must show: a message misses a member",
  );
  await net.node(victim!.pubkey).start();
  await traffic.untilWhole();
  await traffic.stop();
  await traffic.allReadable();
});
