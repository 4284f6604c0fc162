import assert from "node:assert/strict";
import { test } from "node:test";
import { connectKubernetes } from "@swarmpost/kubernetes";
import { startApiServer, type TestApiServer } from "@swarmpost/kubernetes/testing";
import { createLogger, parseConfig, silentLogger } from "@swarmpost/runtime";
import { decodeProof } from "@swarmpost/proof";
import { NodeService } from "@swarmpost/protos";
import { createClient, openChannel } from "@swarmpost/rpc";
import { eventually } from "@swarmpost/testkit";
import { relayConfig } from "./config.ts";
import { addressFinder, type FindAddress, PublicAddress } from "./public-address.ts";
import { RelayNetwork, type RelayNetworkOptions, type TestRelay } from "./testing/relay-network.ts";

const runtime = { logger: silentLogger };
const configOf = (env: Record<string, string>) => parseConfig(relayConfig, { NODE_SEED: "1f".repeat(32), ...env });
/** One answer a look; the last one stays. */
const inTurn =
  (answers: FindAddress[]): FindAddress =>
  () =>
    (answers.length > 1 ? answers.shift() : answers[0])!();

function putService(api: TestApiServer, ingress: readonly object[]): void {
  const service = {
    metadata: { name: "node-0" },
    spec: { type: "LoadBalancer" },
    status: { loadBalancer: { ingress } },
  };
  if (api.objects.get("services", "node-0")) api.objects.patch("services", "node-0", service);
  else api.objects.create("services", service);
}

test("an address or a name is published as IPv4", async () => {
  for (const env of [{ PUBLIC_IP: "127.0.0.1" }, { PUBLIC_HOST: "localhost" }]) {
    await using address = await PublicAddress.open(await addressFinder(configOf(env)), runtime);
    assert.equal(address.ip, "127.0.0.1");
    assert.equal(address.reason(), undefined);
  }
});

test("none and two ways to tell the address are refused with one sentence", async () => {
  const sentence = "exactly one of PUBLIC_IP, PUBLIC_HOST and PUBLIC_SERVICE must be given";
  const both = configOf({ PUBLIC_IP: "127.0.0.1", PUBLIC_HOST: "localhost" });
  for (const config of [configOf({}), both]) {
    await assert.rejects(addressFinder(config), { code: "bad-config", message: sentence });
  }
  await assert.rejects(addressFinder(configOf({ PUBLIC_SERVICE: "node-0" })), {
    code: "bad-config",
    message: "PUBLIC_SERVICE needs POD_NAMESPACE",
  });
});

test("an address that is not there at the start is looked for until it is, and a bad answer does not take it away", async () => {
  const lines: string[] = [];
  const logger = createLogger({
    service: "relay",
    level: "warn",
    destination: { write: (line) => void lines.push(line) },
  });
  const away = async () => Promise.reject(new Error("no such name"));
  const find = inTurn([away, away, async () => [], async () => ["10.1.2.3"], async () => ["::1"]]);
  await using address = await PublicAddress.open(find, { logger }, 10);
  assert.equal(address.reason(), "not known yet");
  await eventually(() => assert.equal(address.ip, "10.1.2.3"));
  assert.equal(lines.length, 1, "a name that stays unknown is told once");
});

test("of several addresses one is kept for as long as it is there", async () => {
  let looks = 0;
  const [one, two] = ["10.1.2.3", "10.1.2.4"];
  const find = inTurn([
    async () => [one, two],
    async () => {
      looks += 1;
      return looks < 5 ? [two, one] : [two];
    },
  ]);
  await using address = await PublicAddress.open(find, runtime, 10);
  await eventually(() => looks >= 3);
  assert.equal(address.ip, one);
  await eventually(() => assert.equal(address.ip, two));
});

test("the address of a load balancer is published when there is one, followed when it changes, and kept while the API is away", async () => {
  await using api = await startApiServer();
  putService(api, []);
  const config = configOf({ PUBLIC_SERVICE: "node-0", POD_NAMESPACE: api.namespace });
  const find = await addressFinder(config, (options) => connectKubernetes({ ...options, kubeconfig: api.kubeconfig }));
  await using address = await PublicAddress.open(find, runtime, 10);
  assert.equal(address.reason(), "not known yet");
  putService(api, [{ ip: "203.0.113.7" }]);
  await eventually(() => assert.equal(address.ip, "203.0.113.7"));
  putService(api, [{ hostname: "localhost" }]);
  await eventually(() => assert.equal(address.ip, "127.0.0.1"));
  api.fault = () => ({ status: 500 });
  const calls = api.count("get", "services");
  await eventually(() => api.count("get", "services") > calls + 2);
  assert.deepEqual([address.ip, address.reason()], ["127.0.0.1", undefined]);
});

test("an address that changes while the node runs is in its next proof", async () => {
  const addresses = ["127.0.0.1"];
  const address: RelayNetworkOptions["address"] = (_, { logger }) =>
    PublicAddress.open(async () => addresses, { logger }, 10);
  await using network = await RelayNetwork.start({ nodes: 1, address });
  const [relay] = network.relays as [TestRelay];
  await using channel = openChannel(relay.service.address);
  const client = createClient(NodeService, channel);
  const proven = async () => decodeProof(Buffer.from((await client.signProof({})).signed!.proof))?.ip;
  assert.equal(await proven(), "127.0.0.1");
  addresses[0] = "127.0.0.2";
  await eventually(async () => assert.equal(await proven(), "127.0.0.2"));
});
