import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { x25519KeyPair } from "@swarmpost/crypto";
import { buildOnion, type OnionHop } from "@swarmpost/onion";
import { eventually } from "@swarmpost/testkit";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

const MIB = 1024 * 1024;
const { publicKey } = x25519KeyPair();
let server: Server;
let network: RelayNetwork;
let exit: TestRelay;
/** What is asked of the server outside, not yet answered. */
const asked: ServerResponse[] = [];

before(async () => {
  server = createServer((_request, response) => void asked.push(response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const aliases = ["127.0.0.1", "localhost"].map((host) => `${host}=http://${host}:${port}`).join();
  const config = { EXIT_ALIASES: aliases, MAX_EXITS: "4", MAX_EXITS_PER_HOST: "2" };
  network = await RelayNetwork.start({ nodes: 2, config: { ...config, MAX_EXIT_BUFFERED_BYTES: String(4 * MIB) } });
  exit = network.relays[1] as TestRelay;
});

after(async () => {
  server.closeAllConnections();
  server.close();
  await network[Symbol.asyncDispose]();
});

function send(host: string): Promise<[number, string]> {
  const { port } = server.address() as AddressInfo;
  const path = network.relays.map((relay) => relay.hop);
  const at = { kind: "server", host, port, protocol: "http", target: "/oxen/v4/lsrpc", x25519: publicKey } as const;
  const reply = network.onion(
    network.relays[0] as TestRelay,
    buildOnion({ path, destination: at }, Buffer.from("x")).body,
  );
  return reply.then(({ status, body }) => [status, body.toString()]);
}

const busy = [503, "Server busy, try again later"];

test("a server that never answers takes its own places only: other servers and hops go on", async () => {
  const stuck = [send("127.0.0.1"), send("127.0.0.1")];
  await eventually(() => asked.length === 2);
  assert.deepEqual(await send("127.0.0.1"), busy);
  const others = [send("localhost"), send("localhost")];
  await eventually(() => asked.length === 4);
  assert.deepEqual(await send("localhost"), busy);
  const hops = network.relays.map((relay) => relay.hop);
  const [guard, last] = hops as [OnionHop, OnionHop];
  const inside = { path: [guard], destination: { kind: "snode", ...last } as const };
  const { body } = buildOnion(inside, Buffer.from(`{"method":"info","params":{}}`));
  assert.equal((await network.onion(network.relays[0] as TestRelay, body)).status, 200);
  for (const response of asked.splice(0)) response.end("late");
  for (const answer of await Promise.all([...stuck, ...others])) assert.deepEqual(answer, [200, "late"]);
  assert.match(await exit.runtime.metrics.render(), /exits_total\{result="busy"\} 2/);
});

test("answers of servers outside are counted while they come in", async () => {
  const first = send("127.0.0.1");
  const second = send("localhost");
  await eventually(() => asked.length === 2);
  asked[0]?.write(Buffer.alloc(3 * MIB, "a"));
  await eventually(async () => {
    const bytes = /buffered_bytes (\d+)/.exec(await exit.runtime.metrics.render())?.[1];
    return Number(bytes) >= 3 * MIB;
  });
  asked[1]?.end(Buffer.alloc(3 * MIB, "b"));
  const refused = await Promise.race([first, second]);
  assert.deepEqual(refused, busy);
  asked[0]?.end("end");
  const sizes = (await Promise.all([first, second])).map(([, text]) => text.length);
  assert.ok(sizes.includes(3 * MIB + 3));
  await eventually(async () => /buffered_bytes 0/.test(await exit.runtime.metrics.render()));
});
