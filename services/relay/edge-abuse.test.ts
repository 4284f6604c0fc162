import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { after, before, test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { eventually } from "@swarmpost/testkit";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";
import { rawRequest } from "./testing/raw-request.ts";

let network: RelayNetwork;
let node: TestRelay;

before(async () => {
  network = await RelayNetwork.start({ nodes: 1, config: { BODY_TIMEOUT_MS: "1500", MAX_CONNECTIONS: "40" } });
  [node] = network.relays as [TestRelay];
});

after(() => network[Symbol.asyncDispose]());

/** One address may have a quarter. */
const share = 10;

async function open(localAddress: string): Promise<TLSSocket> {
  const tcp = connectTcp({ host: "127.0.0.1", port: node.service.httpsPort, localAddress });
  tcp.on("error", () => {});
  const socket = connect({ socket: tcp, rejectUnauthorized: false });
  socket.on("error", () => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once("secureConnect", () => resolve()).once("close", () => resolve());
  await promise;
  return socket;
}

/** When a connection has ended, in whatever way. */
async function ended(socket: TLSSocket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (socket.closed) resolve();
  else socket.once("close", () => resolve());
  await promise;
}

async function answers(): Promise<boolean> {
  const reply = await network.request(node, "/storage_rpc/v1", `{"method":"info","params":{}}`);
  return reply.status === 200;
}

test("headers that come a byte at a time are cut off, and others are served meanwhile", async () => {
  const socket = await open("127.0.0.1");
  socket.write("GET /get_stats/v1 HTTP/1.1\r\n");
  const drip = setInterval(() => socket.write("x"), 100);
  assert.ok(await answers());
  await ended(socket);
  clearInterval(drip);
});

test("giant headers are refused, and nothing of them is kept", async () => {
  const said = await rawRequest(node.service.httpsPort, [
    `GET /get_stats/v1 HTTP/1.1\r\nHost: x\r\nX-Giant: ${"a".repeat(20_000)}\r\n\r\n`,
  ]);
  assert.match(said, /^HTTP\/1\.1 431 /);
  const many = Array.from({ length: 3_000 }, (_, index) => `h${index}: 1`).join("\r\n");
  const refused = await rawRequest(node.service.httpsPort, [`GET / HTTP/1.1\r\nHost: x\r\n${many}\r\n\r\n`]);
  assert.match(refused, /^HTTP\/1\.1 (431|400) /);
  assert.ok(await answers());
});

test("one address has a quarter of the connections; others are served, and places come back", async () => {
  const crowd = await Promise.all(Array.from({ length: share }, () => open("127.0.0.9")));
  assert.ok(crowd.every((socket) => !socket.destroyed));
  const tooMany = await open("127.0.0.9");
  assert.ok(tooMany.destroyed);
  assert.ok(await answers(), "from another address");
  for (const socket of crowd) socket.destroy();
  await eventually(async () => {
    const again = await open("127.0.0.9");
    const admitted = !again.destroyed;
    again.destroy();
    return admitted;
  });
});

test("connections that never begin TLS count, and leave their places when they go", async () => {
  const idle = Array.from({ length: share }, () =>
    connectTcp({ host: "127.0.0.1", port: node.service.httpsPort, localAddress: "127.0.0.8" }),
  );
  await Promise.all(idle.map((socket) => once(socket, "connect")));
  await eventually(async () => {
    const socket = await open("127.0.0.8");
    const refused = socket.destroyed;
    socket.destroy();
    return refused;
  });
  for (const socket of idle) socket.destroy();
  await eventually(async () => {
    const again = await open("127.0.0.8");
    const admitted = !again.destroyed;
    again.destroy();
    return admitted;
  });
});
