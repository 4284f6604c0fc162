import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { ChainService } from "@swarmpost/protos";
import { createClient, openChannel } from "@swarmpost/rpc";
import { testAuthority } from "@swarmpost/rpc/test-authority.ts";
import { Traffic } from "../chaos/traffic.ts";
import { Spawned } from "./spawned-program.ts";

const relayMain = join(import.meta.dirname, "../../services/relay/main.ts");
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

test("a second process with a node's key ends with 1 and says why, and the first goes on", async () => {
  const node = net.nodes[1]!;
  const ports = { HTTPS_PORT: "0", PEER_PORT: "0", GRPC_PORT: "0", ADMIN_PORT: "0" };
  const env = { ...node.environment("relay"), ...ports, DOPPELGANGER_WAIT_MS: "300" };
  const twin = new Spawned(spawn(process.execPath, [relayMain], { env, stdio: "pipe" }));
  const { code, out } = await twin.ended;
  assert.equal(code, 1, out);
  assert.match(
    out,
    /another process runs with this node's key .*: stop it before this one starts.*"event":"start_refused"/,
  );
  assert.match(out, /"error_code":"doppelganger".*"event":"failed"/);
  assert.match(await node.metrics(), /^swarmpost_relay_doppelganger_state 0$/m);
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
