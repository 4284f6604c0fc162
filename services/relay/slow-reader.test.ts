import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { after, before, test } from "node:test";
import { eventually } from "@swarmpost/testkit";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

const MIB = 1024 * 1024;
const ANSWER_BYTES = 6 * MIB;
const CAP_BYTES = 16 * MIB;
const RPC = "/storage_rpc/v1";
const info = `{"method":"info","params":{}}`;
const small = `{"method":"small","params":{}}`;

let network: RelayNetwork;
let node: TestRelay;
const large = "x".repeat(ANSWER_BYTES);

before(async () => {
  const config = { MAX_BUFFERED_BYTES: String(CAP_BYTES), ANSWER_TIMEOUT_MS: "1500" };
  network = await RelayNetwork.start({ nodes: 1, config });
  [node] = network.relays as [TestRelay];
  node.storage.script = async ({ method }) => [200, method === "info" ? large : "small"];
});

after(() => network[Symbol.asyncDispose]());

async function gauge(name: string): Promise<number> {
  const line = new RegExp(`^swarmpost_relay_${name} (\\d+)$`, "m").exec(await node.runtime.metrics.render());
  return Number(line?.[1]);
}

/** Asks for large answers on one connection and reads nothing of them. */
async function neverReads(questions = 1): Promise<{ socket: TLSSocket; closed: Promise<unknown> }> {
  const socket = connect({ host: "127.0.0.1", port: node.service.httpsPort, rejectUnauthorized: false });
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "secureConnect");
  socket.pause();
  socket.write(`POST ${RPC} HTTP/1.1\r\nHost: x\r\nContent-Length: ${info.length}\r\n\r\n${info}`.repeat(questions));
  return { socket, closed };
}

test("answers that nobody reads are counted up to the cap, more are told busy, and who takes nothing is cut off", async () => {
  const first = [await neverReads(), await neverReads()];
  await eventually(async () => (await gauge("buffered_bytes")) >= 2 * ANSWER_BYTES);
  assert.equal(await gauge("requests_under_way"), 2);
  const refused = await network.request(node, RPC, info);
  assert.deepEqual([refused.status, refused.body.toString()], [503, "Server busy, try again later"]);
  assert.equal((await network.request(node, RPC, small)).status, 200, "small answers still have room");
  assert.ok((await gauge("buffered_bytes")) <= CAP_BYTES);
  for (const { closed, socket } of first) {
    // A paused socket does not see the end of its connection.
    await eventually(async () => (await gauge("requests_under_way")) === 0);
    socket.resume();
    await closed;
  }
  assert.equal(await gauge("buffered_bytes"), 0);
  assert.equal((await network.request(node, RPC, info)).body.length, ANSWER_BYTES, "the room is there again");
});

test("answers queued behind one that nobody reads are forgotten with their connection", async () => {
  const { socket, closed } = await neverReads(2);
  await eventually(async () => (await gauge("requests_under_way")) === 2);
  socket.destroy();
  await closed;
  await eventually(async () => (await gauge("requests_under_way")) + (await gauge("buffered_bytes")) === 0);
});

test("a client that reads slowly but steadily gets its whole answer", async () => {
  const { socket } = await neverReads();
  let bytes = 0;
  const whole = Promise.withResolvers<void>();
  socket.on("data", (chunk) => {
    bytes += chunk.length;
    if (bytes >= ANSWER_BYTES) whole.resolve();
    // One chunk (at most 16 KiB) a turn of the loop.
    socket.pause();
    setImmediate(() => socket.resume());
  });
  socket.resume();
  await whole.promise;
  socket.destroy();
});

test("more connections than are allowed at once are closed", async () => {
  await using few = await RelayNetwork.start({ nodes: 1, config: { MAX_CONNECTIONS: "2" } });
  const [one] = few.relays as [TestRelay];
  // Each from an address of its own, which may have a quarter.
  const open = (address: string) => {
    const socket = connectTcp({ host: "127.0.0.1", port: one.service.httpsPort, localAddress: address });
    return connect({ socket: socket.on("error", () => {}), rejectUnauthorized: false });
  };
  const two = [open("127.0.0.2"), open("127.0.0.3")];
  await Promise.all(two.map((socket) => once(socket, "secureConnect")));
  const third = open("127.0.0.4");
  third.on("error", () => {});
  await new Promise((resolve) => third.once("close", resolve));
  for (const socket of two) socket.destroy();
});
