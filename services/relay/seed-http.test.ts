import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { eventually } from "@swarmpost/testkit";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

let network: RelayNetwork;
let node: TestRelay;

const config = {
  SEED_HTTP_PORT: "0",
  BODY_TIMEOUT_MS: "1500",
  ANSWER_TIMEOUT_MS: "1500",
  MAX_CONNECTIONS: "40",
  RATE_SEED_BURST: "1000",
};

before(async () => {
  network = await RelayNetwork.start({ nodes: 2, config });
  [node] = network.relays as [TestRelay, TestRelay];
});

after(() => network[Symbol.asyncDispose]());

/** One address may have a quarter of the connections. */
const share = 10;

const portOf = (relay: TestRelay): number => relay.service.seedHttpPort ?? assert.fail("no plain port");
const question = `{"jsonrpc":"2.0","id":0,"method":"get_n_service_nodes","params":{"fields":{"public_ip":true,"storage_port":true,"pubkey_x25519":true,"pubkey_ed25519":true}}}`;

interface Reply {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly connection: string | undefined;
  readonly text: string;
}

/** One request in the clear; `POST /json_rpc` with session.js' own question unless told. */
function ask(
  relay: TestRelay,
  options: { method?: string; path?: string; body?: string; agent?: Agent; headers?: Record<string, string> } = {},
): Promise<Reply> {
  const { method = "POST", path = "/json_rpc", body = question, agent, headers } = options;
  return new Promise((resolve, reject) => {
    const target = { host: "127.0.0.1", port: portOf(relay), method, path, agent, headers };
    const sent = request(target, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.once("end", () => {
        const { "content-type": type, connection } = response.headers;
        resolve({ status: response.statusCode, type, connection, text });
      });
    });
    sent.once("error", reject).end(method === "GET" ? undefined : body);
  });
}

async function open(localAddress: string): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: portOf(node), localAddress });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** When a connection has ended, in whatever way. */
async function ended(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
}

test("session.js' question in the clear gets the list, signed, with exactly the content type that Desktop wants", async () => {
  const { status, type, text } = await ask(node);
  assert.deepEqual([status, type], [200, "application/json"]);
  const { result, swarmpost } = JSON.parse(text) as {
    result: { service_node_states: object[] };
    swarmpost: { signer: string };
  };
  assert.equal(result.service_node_states.length, 2);
  assert.deepEqual(Object.keys(result.service_node_states[0] ?? {}).sort(), [
    "pubkey_ed25519",
    "pubkey_x25519",
    "public_ip",
    "storage_port",
  ]);
  assert.equal(swarmpost.signer, node.pubkey);
  const overTls = await network.request(node, "/json_rpc", question);
  assert.deepEqual((JSON.parse(overTls.body.toString()) as { result: object }).result, result);
});

test("nothing else is said in the clear", async () => {
  const reached = node.storage.asked.length;
  const elsewhere = [
    ["POST", "/storage_rpc/v1"],
    ["POST", "/onion_req/v2"],
    ["POST", "/ping_test/v1"],
    ["GET", "/get_stats/v1"],
    ["GET", "/json_rpc"],
    ["POST", "/json_rpc/"],
    ["POST", "/"],
  ] as const;
  for (const [method, path] of elsewhere) {
    const { status, text } = await ask(node, { method, path, body: `{"method":"info","params":{}}` });
    assert.deepEqual([status, text], [404, `${method.toLowerCase()} ${path} Not Found`]);
  }
  assert.equal(node.storage.asked.length, reached);
});

test("a relay without the setting has no such port", async () => {
  await using plain = await RelayNetwork.start({ nodes: 1 });
  assert.equal(plain.relays[0]?.service.seedHttpPort, undefined);
});

test("a long question is refused before it is read, and one that asks too often is told to wait", async () => {
  const long = await ask(node, { body: `{"method":"${"x".repeat(70_000)}"}` });
  assert.deepEqual([long.status, long.text], [413, "Request body too large"]);
  await using one = await RelayNetwork.start({
    nodes: 1,
    config: { ...config, RATE_SEED_BURST: "2", RATE_SEED_PER_SECOND: "1" },
  });
  const [seed] = one.relays as [TestRelay];
  const asked = await Promise.all(Array.from({ length: 20 }, () => ask(seed)));
  assert.equal(asked[0]?.status, 200);
  assert.ok(asked.filter(({ status }) => status === 429).length >= 10);
  // One bucket for both ports: asking in the clear gives nobody a second turn.
  assert.equal((await one.request(seed, "/json_rpc", question)).status, 429);
});

test("who sends nothing, or a byte at a time, is cut off, and others are served meanwhile", async () => {
  const idle = await open("127.0.0.1");
  const slow = await open("127.0.0.1");
  slow.write("POST /json_rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
  const drip = setInterval(() => slow.write("x"), 100);
  assert.equal((await ask(node)).status, 200);
  await Promise.all([ended(idle), ended(slow)]);
  clearInterval(drip);
});

test("giant headers are refused", async () => {
  const socket = await open("127.0.0.1");
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk.toString("latin1");
  });
  socket.write(`POST /json_rpc HTTP/1.1\r\nHost: x\r\nX-Giant: ${"a".repeat(20_000)}\r\n\r\n`);
  await ended(socket);
  assert.match(said, /^HTTP\/1\.1 431 /);
});

test("a crowd of plain connections takes no place from clients over TLS, and its places come back", async () => {
  const crowd = await Promise.all(Array.from({ length: share }, () => open("127.0.0.9")));
  const tooMany = await open("127.0.0.9");
  let said = "";
  tooMany.on("data", (chunk) => {
    said += chunk.toString("latin1");
  });
  tooMany.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await ended(tooMany);
  assert.equal(said, "");
  const port = node.service.httpsPort;
  const below = connect({ host: "127.0.0.1", port, localAddress: "127.0.0.9" });
  const overTls = connectTls({ socket: below, rejectUnauthorized: false });
  await once(overTls, "secureConnect");
  overTls.destroy();
  assert.equal((await ask(node)).status, 200, "from another address");
  for (const socket of crowd) socket.destroy();
  await eventually(async () => {
    const again = await open("127.0.0.9");
    again.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const answered = await Promise.race([once(again, "data").then(() => true), ended(again).then(() => false)]);
    again.destroy();
    return answered;
  });
});

test("a stopping relay answers on, has clients leave their connections, and then is gone", async () => {
  await using one = await RelayNetwork.start({ nodes: 1, config });
  const [seed] = one.relays as [TestRelay];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  assert.equal((await ask(seed, { agent })).connection, "keep-alive");
  seed.runtime.health.stop();
  const last = await ask(seed, { agent });
  assert.deepEqual([last.status, last.connection], [200, "close"]);
  await seed.service[Symbol.asyncDispose]();
  await assert.rejects(ask(seed), { code: "ECONNREFUSED" });
  agent.destroy();
});
