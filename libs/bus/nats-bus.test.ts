import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, sparePort, startNats } from "@swarmpost/testkit";
import { busContract } from "./bus-contract.ts";
import { connectNats } from "./nats-bus.ts";

busContract(
  "a real NATS server",
  async () => {
    const server = await startNats();
    let name = 0;
    return {
      connect: () => connectNats({ url: server.url, name: `contract-${++name}` }),
      stop: () => server.kill(),
      start: () => server.start(),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  eventually,
);

test("a bus that is opened before its server is there works once it is", async () => {
  const port = await sparePort();
  await using bus = await connectNats({ url: `nats://127.0.0.1:${port}`, name: "early", firstConnectMs: 50 });
  assert.equal(bus.connected, false);
  let heard = 0;
  bus.onReconnect(() => void heard++);
  const got: string[] = [];
  await bus.subscribe("early", (payload) => void got.push(payload.toString()));
  await using _server = await startNats({ port });
  await eventually(() => bus.connected);
  assert.equal(heard, 1);
  bus.publish("early", Buffer.from("bird"));
  await eventually(() => assert.deepEqual(got, ["bird"]));
});

test("a bus whose server never comes can be closed", async () => {
  const bus = await connectNats({ url: `nats://127.0.0.1:${await sparePort()}`, name: "never", firstConnectMs: 20 });
  await bus[Symbol.asyncDispose]();
});

test("user and password of the URL let in, others stay out, and both can be closed", async () => {
  await using server = await startNats({ user: { name: "swarm", password: "p@ss" } });
  const at = (who: string): string => server.url.replace("//", `//${who}`);
  const options = { name: "member", firstConnectMs: 500 };
  await using member = await connectNats({ ...options, url: at("swarm:p%40ss@") });
  assert.equal(member.connected, true);
  await using stranger = await connectNats({ ...options, url: at("swarm:wrong@") });
  await using nobody = await connectNats({ ...options, url: server.url });
  assert.deepEqual([stranger.connected, nobody.connected], [false, false]);
});
