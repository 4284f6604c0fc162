import assert from "node:assert/strict";
import { test } from "node:test";
import { buildOnion } from "@swarmpost/onion";
import { eventually } from "@swarmpost/testkit";
import { connect } from "node:tls";
import { once } from "node:events";
import { ClientWork } from "./client-work.ts";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

const MIB = 1024 * 1024;

test("one client has a part of all places, bodies and bytes, and another still gets in", () => {
  const work = new ClientWork({ maxRequests: 400, maxBytes: 400 * MIB, maxUnfinished: 32 });
  const greedy = Array.from({ length: 40 }, () => work.open("203.0.113.9")).filter((place) => place !== undefined);
  assert.equal(greedy.length, 32, "bodies that it has not ended");
  assert.equal(work.requests, 0, "none of them has a place yet");
  assert.equal(greedy.filter((place) => place.hold(10 * MIB)).length, 10, "a quarter of the bytes");
  const other = work.open("203.0.113.10");
  assert.ok(other?.hold(10 * MIB) && other.enter());
  for (const place of greedy) place[Symbol.dispose]();
  greedy[0]?.[Symbol.dispose]();
  other?.[Symbol.dispose]();
  assert.deepEqual([work.requests, work.bytes], [0, 0]);
  const entered = Array.from({ length: 120 }, () => work.open("203.0.113.9")?.enter()).filter((taken) => taken);
  assert.equal(entered.length, 100, "a quarter of the places");
  assert.ok(work.open("203.0.113.10")?.enter());
});

test("requests that are half sent take no place from clients that send whole ones, nor from hops", async () => {
  await using network = await RelayNetwork.start({
    nodes: 2,
    config: { MAX_REQUESTS: "4", MAX_UNFINISHED_BODIES: "8", MAX_PEER_REQUESTS: "4" },
  });
  const [guard, last] = network.relays as [TestRelay, TestRelay];
  const half = await Promise.all(Array.from({ length: 8 }, () => sendHalf(guard)));
  const info = `{"method":"info","params":{}}`;
  // All eight are being read: one more from this address is told so, at once.
  const told = await eventually(async () => {
    const reply = await network.request(guard, "/storage_rpc/v1", info);
    return reply.status === 503 && reply.body.toString();
  });
  assert.equal(told, "Server busy, try again later");
  // The same node as second hop: what clients do to its edge does not matter.
  const path = { path: [last.hop], destination: { kind: "snode", ...guard.hop } as const };
  assert.equal((await network.onion(last, buildOnion(path, Buffer.from(info)).body)).status, 200);
  half.pop()?.destroy();
  await eventually(async () => (await network.request(guard, "/storage_rpc/v1", info)).status === 200);
  for (const socket of half) socket.destroy();
});

test("clients whose requests hang leave the places of hops alone", async () => {
  await using network = await RelayNetwork.start({ nodes: 2, config: { MAX_REQUESTS: "2", MAX_PEER_REQUESTS: "2" } });
  const [guard, last] = network.relays as [TestRelay, TestRelay];
  const hold = Promise.withResolvers<void>();
  guard.storage.script = async ({ method }) => {
    if (method === "hang") await hold.promise;
    return [200, {}];
  };
  const hanging = [1, 2].map(() => network.request(guard, "/storage_rpc/v1", `{"method":"hang","params":{}}`));
  await eventually(() => guard.storage.asked.length === 2);
  assert.equal((await network.request(guard, "/storage_rpc/v1", `{"method":"info","params":{}}`)).status, 503);
  const path = { path: [last.hop], destination: { kind: "snode", ...guard.hop } as const };
  const { body } = buildOnion(path, Buffer.from(`{"method":"info","params":{}}`));
  assert.equal((await network.onion(last, body)).status, 200);
  hold.resolve();
  await Promise.all(hanging);
});

async function sendHalf(relay: TestRelay) {
  const socket = connect({ host: "127.0.0.1", port: relay.service.httpsPort, rejectUnauthorized: false });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  socket.write(`POST /onion_req/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf`);
  return socket;
}
