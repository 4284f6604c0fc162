import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { ChainService } from "@swarmpost/protos";
import { openDatabase } from "@swarmpost/postgres";
import { createClient, openChannel } from "@swarmpost/rpc";
import { testAuthority } from "@swarmpost/rpc/test-authority.ts";
import { eventually } from "@swarmpost/testkit";
import { Traffic } from "../chaos/traffic.ts";
import { Spawned } from "./spawned-program.ts";

const relayMain = join(import.meta.dirname, "../../services/relay/main.ts");
const patient = { timeoutMs: 90_000, intervalMs: 250 };

let net: Network;

before(async () => {
  const authority = await testAuthority();
  const certify = (addresses: readonly string[]) => authority.issue(...addresses);
  const canary = { CANARY_INTERVAL_MS: "1000", CANARY_WAIT_MS: "3000", CANARY_CONFIRM_MS: "1000" };
  net = await startNetwork({ nodes: 6, processes: true, certify, settings: { "test-suite": canary } });
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
  const ports = { HTTPS_PORT: "0", SEED_HTTP_PORT: "0", PEER_PORT: "0", GRPC_PORT: "0", ADMIN_PORT: "0" };
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

/** Takes every message out of the databases of all nodes, behind their backs; how many there were. */
async function deleteEverywhere(): Promise<number> {
  const deleted = net.nodes.map(async ({ databaseUrl }) => {
    await using database = openDatabase({ url: databaseUrl, maxConnections: 1 });
    const { rows } = await database.query<{ hash: Buffer }>({ text: "delete from message returning hash" });
    return rows.map(({ hash }) => hash.toString("hex"));
  });
  return new Set((await Promise.all(deleted)).flat()).size;
}

test("the canary counts messages as lost that every member's Postgres has lost, and only these", async () => {
  const counted = async (what: string) => {
    const series = new RegExp(`^swarmpost_test_suite_canary_${what}_total (\\d+)$`, "m");
    return Number(series.exec(await net.clusters[0]!.metrics())?.[1]);
  };
  await eventually(async () => assert.ok((await counted("readable")) >= 2), patient);
  assert.equal(await counted("lost"), 0, "messages outlive a killed member");
  // Those of the last three seconds have not been looked for yet.
  const deleted = await deleteEverywhere();
  await eventually(async () => assert.ok((await counted("lost")) >= 1), patient);
  const readable = await counted("readable");
  await eventually(async () => assert.ok((await counted("readable")) >= readable + 3), patient);
  const lost = await counted("lost");
  assert.ok(lost <= deleted, `${lost} counted of ${deleted} that were deleted`);
});
