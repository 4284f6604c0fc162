import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import { after, before, test } from "node:test";
import { x25519KeyPair } from "@swarmpost/crypto";
import { buildOnion, encodeHopFrame, type OnionRequest, parseOnionRequest } from "@swarmpost/onion";
import { nodeCertificate, PeerLinks } from "@swarmpost/rpc";
import { Metrics, RequestLogs, silentLogger } from "@swarmpost/runtime";
import { eventually } from "@swarmpost/testkit";
import { timeFor } from "./caller.ts";
import { relayMetrics } from "./metrics.ts";
import { NextHop } from "./next-hop.ts";
import { StorageRpc } from "./storage-rpc.ts";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

let network: RelayNetwork;
let nodes: [TestRelay, TestRelay, TestRelay];
const server = createServer();

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  network = await RelayNetwork.start({ nodes: 3, config: { EXIT_ALIASES: `${at}=http://${at}` } });
  nodes = network.relays as unknown as typeof nodes;
});

after(async () => {
  server.closeAllConnections();
  server.close();
  await network[Symbol.asyncDispose]();
});

const info = Buffer.from(`{"method":"info","params":{}}`);
const request: OnionRequest = {
  encType: "xchacha20",
  hopNo: 1,
  ephemeralKey: Buffer.alloc(32, 1),
  ciphertext: Buffer.alloc(64),
};

test("the next is given what the caller has less a margin, never more than the own limit, and nothing for one who is gone", () => {
  assert.equal(timeFor({ remainingMs: 30_000 }, 60_000), 29_800);
  assert.equal(timeFor({ remainingMs: 30_000 }, 25_000), 25_000);
  assert.equal(timeFor({ remainingMs: 1_000 }, 25_000), 900);
  assert.equal(timeFor({ remainingMs: 0 }, 25_000), 0);
});

test("a hop and a storage are not even asked for a caller who is gone", async () => {
  const asked: number[] = [];
  const link = {
    request: async (...args: readonly unknown[]) => {
      asked.push((args.at(-1) as { deadlineMs: number }).deadlineMs);
      return Buffer.from([200, 0, 2]);
    },
  };
  const metrics = relayMetrics(new Metrics());
  const hop = new NextHop({ timeoutMs: 30_000 }, { links: link, view: () => ({ registered: () => true }), metrics });
  const storage = new StorageRpc(link);
  const log = new RequestLogs(silentLogger).begin();
  const { signal } = new AbortController();
  const gone = { remainingMs: 0, log, signal };
  assert.deepEqual((await hop.forward(nodes[0].pubkey, request, gone)).status, 504);
  assert.deepEqual((await storage.call(info, gone)).status, 504);
  assert.deepEqual(asked, []);
  await hop.forward(nodes[0].pubkey, request, { remainingMs: 5_000, log, signal });
  await storage.call(info, { remainingMs: 5_000, log, signal });
  assert.deepEqual(asked, [4_800, 4_800]);
});

test("a node's deadline reaches the last node of the path, less a margin at each", async () => {
  const { keys } = nodes[0];
  await using links = new PeerLinks({ keys, certificate: await nodeCertificate(keys) }, { contact: () => undefined });
  const path = { path: [nodes[1].hop], destination: { kind: "snode", ...nodes[2].hop } as const };
  const frame = encodeHopFrame({ ...parseOnionRequest(buildOnion(path, info).body), hopNo: 1 });
  const at = { pubkey: nodes[1].pubkey, host: "127.0.0.1", port: nodes[1].service.peerPort };
  const answer = await links.requestAt(at, 1, frame, { deadlineMs: 10_000 });
  assert.equal(answer.readUInt16LE(), 200);
  const [wait = 0] = nodes[2].storage.waits.slice(-1);
  assert.ok(wait > 0 && wait <= 10_000 - 2 * 200, `${wait} ms`);
});

test("a client that goes away ends the exit that was made for it", async () => {
  const { port } = server.address() as AddressInfo;
  const { publicKey } = x25519KeyPair();
  const at = { kind: "server", host: "127.0.0.1", port, protocol: "http", target: "/oxen/v4/lsrpc" } as const;
  const { body } = buildOnion({ path: [nodes[0].hop], destination: { ...at, x25519: publicKey } }, info);
  const came = once(server, "request");
  const socket = connect({ host: "127.0.0.1", port: nodes[0].service.httpsPort, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  socket.write(`POST /onion_req/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
  socket.write(body);
  const [outside] = (await came) as [import("node:http").IncomingMessage];
  const ended = once(outside.socket, "close");
  socket.destroy();
  // Long before the exit's own 25 s.
  await ended;
});

test("that a client went away is told to every node that waits for it, and its place is free once the last one is done", async () => {
  const last = nodes[2].storage;
  const asked = last.asked.length;
  const released = last.released;
  const done = Promise.withResolvers<[number, string]>();
  last.script = () => done.promise;
  const path = { path: [nodes[0].hop, nodes[1].hop], destination: { kind: "snode", ...nodes[2].hop } as const };
  const { body } = buildOnion(path, info);
  const socket = connect({ host: "127.0.0.1", port: nodes[0].service.httpsPort, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  socket.write(`POST /onion_req/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
  socket.write(body);
  await eventually(() => last.asked.length > asked);
  assert.deepEqual(await Promise.all(nodes.map(underWay)), [1, 1, 1]);
  const from = performance.now();
  socket.destroy();
  await eventually(() => last.released > released);
  assert.deepEqual(await Promise.all(nodes.map(underWay)), [1, 1, 1], "a storage finishes what it began");
  done.resolve([200, "too late"]);
  await eventually(async () => (await Promise.all(nodes.map(underWay))).every((count) => count === 0));
  assert.ok(performance.now() - from < 1_000, "long before the 30 s for which a hop waits");
});

async function underWay(node: TestRelay): Promise<number> {
  const line = /^swarmpost_relay_requests_under_way (\d+)$/m.exec(await node.runtime.metrics.render());
  return Number(line?.[1]);
}
