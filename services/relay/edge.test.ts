import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { eventually } from "@swarmpost/testkit";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";
import { rawRequest } from "./testing/raw-request.ts";

let network: RelayNetwork;
let node: TestRelay;

before(async () => {
  const config = {
    RATE_CLIENT_BURST: "1000",
    RATE_CLIENT_PER_SECOND: "1000",
    MAX_REQUESTS: "2",
    MAX_BUFFERED_BYTES: "16777216",
  };
  network = await RelayNetwork.start({ nodes: 1, config });
  [node] = network.relays as [TestRelay];
});

after(() => network[Symbol.asyncDispose]());

const RPC = "/storage_rpc/v1";
const info = `{"method":"info","params":{}}`;

async function text(...args: Parameters<RelayNetwork["request"]>): Promise<[number, string]> {
  const reply = await network.request(...args);
  return [reply.status, reply.body.toString()];
}

test("an unknown path or method is told so by name", async () => {
  assert.deepEqual(await text(node, "/swarms/v1?x=1", "", { method: "GET" }), [404, "get /swarms/v1 Not Found"]);
  assert.deepEqual(await text(node, RPC, "", { method: "GET" }), [404, `get ${RPC} Not Found`]);
  assert.deepEqual(await text(node, "/nothing", "body"), [404, "post /nothing Not Found"]);
});

test("pings and stats are answered, also when the node is not ready", async () => {
  node.storage.notReady = "starting";
  await network.notReady(node);
  const ping = await network.request(node, "/ping_test/v1", "");
  assert.deepEqual([ping.status, ping.body.length], [200, 0]);
  assert.equal(ping.headers["x-oxen-snode-pubkey"], node.keys.ed25519.publicKey.toString("base64"));
  assert.deepEqual(await text(node, "/get_stats/v1", "", { method: "GET" }), [200, `{"version":"2.11.0"}`]);
  const reason = "Service node is not ready: starting\n";
  assert.deepEqual(await text(node, RPC, info), [503, reason]);
  assert.deepEqual(await text(node, "/onion_req/v2", "rubbish"), [503, reason]);
  // Readiness comes before the other checks.
  assert.deepEqual(await text(node, RPC, info, { headers: { "x-loki-long-poll": "1" } }), [503, reason]);
  node.storage.notReady = "";
  await network.ready(node);
});

test("content types are exactly application/json and text/plain", async () => {
  const json = await network.request(node, RPC, info);
  assert.equal(json.headers["content-type"], "application/json");
  assert.equal(json.headers.server, "Oxen Storage Server/2.11.0");
  node.storage.script = async () => [401, "signature verification failed"];
  const error = await network.request(node, RPC, info);
  assert.equal(error.headers["content-type"], "text/plain");
  node.storage.script = async () => [200, {}];
  assert.equal((await network.request(node, "/onion_req/v2", "")).headers["content-type"], "text/plain");
});

test("long polling is gone, and that is said before the body's length is looked at", async () => {
  const said = await rawRequest(node.service.httpsPort, [
    `POST ${RPC} HTTP/1.1\r\nHost: x\r\nx-loki-long-poll: 1\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n`,
  ]);
  assert.match(said, /^HTTP\/1\.1 410 /);
  assert.match(said, /long polling is no longer supported, client upgrade required$/);
  const empty = await network.request(node, RPC, info, { headers: { "x-loki-long-poll": "" } });
  assert.equal(empty.status, 200, "an empty header asks for nothing");
});

test("a body over 10 MiB is refused, declared or not, and the connection ends", async () => {
  const large = Buffer.alloc(10 * 1024 * 1024 + 1, 32);
  assert.deepEqual(await text(node, RPC, large), [413, "Request body too large"]);
  assert.deepEqual(await text(node, "/onion_req/v2", large), [413, "Request body too large"]);
  const half = large.length / 2 + 1;
  const chunk = Buffer.concat([
    Buffer.from(`${Math.floor(half).toString(16)}\r\n`),
    large.subarray(0, half),
    Buffer.from("\r\n"),
  ]);
  const head = `POST ${RPC} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const said = await rawRequest(node.service.httpsPort, [head, chunk, chunk, "0\r\n\r\n"]);
  assert.match(said, /^HTTP\/1\.1 413 /);
  assert.match(said, /Request body too large$/);
});

test("a body of exactly 10 MiB is taken", async () => {
  const parameter = "x".repeat(10 * 1024 * 1024 - `{"method":"info","params":""}`.length);
  const [status] = await text(node, RPC, `{"method":"info","params":"${parameter}"}`);
  assert.equal(status, 200);
});

test("a client that says how much it will send is told early when it is too much", async () => {
  const said = await rawRequest(node.service.httpsPort, [
    `POST ${RPC} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 20000000\r\n\r\n`,
  ]);
  assert.match(said, /^HTTP\/1\.1 413 /);
  const fine = await rawRequest(node.service.httpsPort, [
    `POST ${RPC} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: ${info.length}\r\n\r\n`,
    info,
  ]);
  assert.match(fine, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
});

test("a length that is no number ends the connection with 400", async () => {
  const said = await rawRequest(node.service.httpsPort, [
    `POST ${RPC} HTTP/1.1\r\nHost: x\r\nContent-Length: 12abc\r\n\r\n`,
  ]);
  assert.match(said, /^HTTP\/1\.1 400 /);
});

test("a body that comes too slowly is cut off", async () => {
  await using small = await RelayNetwork.start({ nodes: 1, config: { BODY_TIMEOUT_MS: "500" } });
  const [node] = small.relays as [TestRelay];
  const said = await rawRequest(node.service.httpsPort, [
    `POST ${RPC} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"me`,
  ]);
  assert.match(said, /^HTTP\/1\.1 408 /);
  await eventually(async () => /requests_under_way 0/.test(await node.runtime.metrics.render()));
});

test("a client that goes away in the middle of its body leaves nothing behind", async () => {
  const head = `POST ${RPC} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"me`;
  const said = await rawRequest(node.service.httpsPort, [head], { end: true });
  assert.equal(said, "");
  await eventually(async () => {
    const metrics = await node.runtime.metrics.render();
    return /requests_under_way 0/.test(metrics) && /buffered_bytes 0/.test(metrics);
  });
});

test("more requests at once than the node takes on are told that it is busy", async () => {
  const hold = Promise.withResolvers<void>();
  node.storage.script = async () => {
    await hold.promise;
    return [200, {}];
  };
  const asked = node.storage.asked.length;
  const two = [text(node, RPC, info), text(node, RPC, info)];
  await eventually(() => node.storage.asked.length === asked + 2);
  assert.deepEqual(await text(node, RPC, info), [503, "Server busy, try again later"]);
  assert.deepEqual(await text(node, "/onion_req/v2", "x"), [503, "Server busy, try again later"]);
  hold.resolve();
  assert.deepEqual(
    (await Promise.all(two)).map(([status]) => status),
    [200, 200],
  );
  node.storage.script = async () => [200, {}];
});

test("bodies that would fill the memory are told that the node is busy", async () => {
  const hold = Promise.withResolvers<void>();
  node.storage.script = async () => {
    await hold.promise;
    return [200, {}];
  };
  const asked = node.storage.asked.length;
  const large = `{"method":"info","params":"${"x".repeat(9 * 1024 * 1024)}"}`;
  const first = text(node, RPC, large);
  await eventually(() => node.storage.asked.length === asked + 1);
  assert.deepEqual(await text(node, RPC, large), [503, "Server busy, try again later"]);
  hold.resolve();
  assert.equal((await first)[0], 200);
  node.storage.script = async () => [200, {}];
});

test("connections are kept for several requests", async () => {
  const one = `POST ${RPC} HTTP/1.1\r\nHost: x\r\nContent-Length: ${info.length}\r\n\r\n${info}`;
  const last = one.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
  const said = await rawRequest(node.service.httpsPort, [one, last]);
  assert.equal(said.match(/HTTP\/1\.1 200 /g)?.length, 2);
});

test("a client that asks too often is told so, and no address is in any metric", async () => {
  await using small = await RelayNetwork.start({
    nodes: 1,
    config: { RATE_CLIENT_BURST: "3", RATE_CLIENT_PER_SECOND: "1" },
  });
  const [one] = small.relays as [TestRelay];
  assert.equal((await small.request(one, RPC, info)).status, 200);
  const refused = await eventually(
    async () => {
      const reply = await small.request(one, RPC, info);
      return reply.status === 429 && reply;
    },
    { intervalMs: 1 },
  );
  assert.equal(refused.body.toString(), "Too Many Requests\n");
  await eventually(async () => (await small.request(one, "/json_rpc", "{}")).status === 429, { intervalMs: 1 });
  // Onions have no limit for each address: the guard would punish everybody behind one address.
  assert.equal((await small.request(one, "/onion_req/v2", "x")).status, 400);
  assert.doesNotMatch(await one.runtime.metrics.render(), /127\.0\.0\.1/);
});

test("the end of a relay waits for a request under way, but for no client that says nothing", async () => {
  const small = await RelayNetwork.start({ nodes: 1 });
  const [one] = small.relays as [TestRelay];
  const silent = connect({ host: "127.0.0.1", port: one.service.httpsPort }).on("error", () => {});
  await once(silent, "connect");
  const hold = Promise.withResolvers<void>();
  one.storage.script = async () => {
    await hold.promise;
    return [200, { kept: true }];
  };
  const reply = small.request(one, RPC, info);
  await eventually(() => one.storage.asked.length === 1);
  const ended = one.service[Symbol.asyncDispose]();
  hold.resolve();
  assert.equal((await reply).body.toString(), `{"kept":true}`);
  await ended;
  silent.destroy();
  await small[Symbol.asyncDispose]();
});
