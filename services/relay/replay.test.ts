import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serverChannelKey } from "@swarmpost/crypto";
import { frame, unframe } from "@swarmpost/encoding";
import { type BuiltOnion, buildOnion, parseInner, parseOnionRequest } from "@swarmpost/onion";
import { eventually, type RedisServer, startRedis } from "@swarmpost/testkit";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

let redis: RedisServer;
let network: RelayNetwork;
let nodes: [TestRelay, TestRelay, TestRelay];

before(async () => {
  redis = await startRedis();
  network = await RelayNetwork.start({ nodes: 3, redisUrl: redis.url });
  nodes = network.relays as unknown as typeof nodes;
});

after(async () => {
  await network[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

function onion(encType: "aes-gcm" | "aes-cbc" | "xchacha20" = "xchacha20"): BuiltOnion {
  const [guard, middle, last] = nodes;
  const route = { path: [guard.hop, middle.hop], destination: { kind: "snode", ...last.hop } as const, encType };
  return buildOnion(route, Buffer.from(`{"method":"info","params":{}}`));
}

async function send(body: Buffer): Promise<number | string> {
  const reply = await network.onion(nodes[0], body);
  return reply.status === 200 ? 200 : `${reply.status} ${reply.body.toString()}`;
}

const REFUSED = "400 Invalid ciphertext";

test("the same onion is refused the second time, whatever its cipher", async () => {
  for (const encType of ["aes-gcm", "aes-cbc", "xchacha20"] as const) {
    const { body } = onion(encType);
    assert.equal(await send(body), 200);
    assert.equal(await send(body), REFUSED);
  }
});

test("how many layers a relay remembers is told, and never which", async () => {
  const entries = async () => {
    const text = await nodes[0].runtime.metrics.render();
    return Number(/^swarmpost_relay_replay_filter_entries (\d+)$/m.exec(text)?.[1]);
  };
  const before = await entries();
  const { body } = onion();
  assert.equal(await send(body), 200);
  assert.equal(await entries(), before + 1);
  assert.equal(await send(body), REFUSED);
  assert.equal(await entries(), before + 1);
});

test("of many copies at once exactly one passes", async () => {
  const { body } = onion();
  const answers = await Promise.all(Array.from({ length: 8 }, () => send(body)));
  assert.equal(answers.filter((answer) => answer === 200).length, 1);
  assert.equal(answers.filter((answer) => answer === REFUSED).length, 7);
});

test("another encoding of the same ephemeral key does not make a layer new", async () => {
  for (const encType of ["aes-gcm", "aes-cbc"] as const) {
    const { body } = onion(encType);
    assert.equal(await send(body), 200);
    const parts = unframe(body);
    assert.ok(parts);
    const json = JSON.parse(parts.json.toString()) as { ephemeral_key: string };
    const key = Buffer.from(json.ephemeral_key, "hex");
    key[31] = (key[31] ?? 0) ^ 0x80;
    const twin = frame(parts.blob, JSON.stringify({ ...json, ephemeral_key: key.toString("hex") }));
    assert.equal(await send(twin), REFUSED);
  }
});

test("changed bytes of an aes-cbc layer do not make it new", async () => {
  const { body } = onion("aes-cbc");
  assert.equal(await send(body), 200);
  const changed = Buffer.from(body);
  changed[10] = (changed[10] ?? 0) ^ 1;
  assert.equal(await send(changed), REFUSED);
});

test("a layer replayed at the second hop is refused there, through another guard too", async () => {
  const { body } = onion();
  const guardKeys = nodes[0].keys;
  const outer = parseOnionRequest(body);
  const { secretKey, publicKey } = guardKeys.x25519;
  const plain = serverChannelKey(outer.encType, secretKey, publicKey, outer.ephemeralKey).open(outer.ciphertext);
  const inner = parseInner(plain ?? Buffer.alloc(0));
  assert.ok(inner.kind === "node");
  const routing = { ephemeral_key: inner.ephemeralKey.toString("hex"), enc_type: inner.encType };
  const second = frame(inner.ciphertext, JSON.stringify(routing));
  assert.equal(await send(body), 200);
  const reply = await network.onion(nodes[1], second);
  assert.deepEqual([reply.status, reply.body.toString()], [400, "Invalid ciphertext"]);
});

test("a replay is refused after the relay was restarted", async () => {
  const { body } = onion();
  assert.equal(await send(body), 200);
  await network.restart(nodes[0]);
  await network.show();
  assert.equal(await send(body), REFUSED);
  assert.equal(await send(onion().body), 200);
});

test("with Redis gone replays are still refused, new onions pass and a metric says so", async () => {
  const before = onion();
  assert.equal(await send(before.body), 200);
  await redis.kill();
  await eventually(() => !nodes[0].cache.healthy);
  const during = onion();
  assert.equal(await send(during.body), 200);
  assert.equal(await send(during.body), REFUSED);
  assert.equal(await send(before.body), REFUSED);
  assert.match(await nodes[0].runtime.metrics.render(), /swarmpost_relay_local_filter_state 1/);
  await redis.start();
  await eventually(() => nodes[0].cache.healthy);
  assert.equal(await send(during.body), REFUSED);
  assert.equal(await send(onion().body), 200);
});

test("what did not open is not remembered", async () => {
  const { body } = onion();
  const broken = Buffer.from(body);
  broken[60] = (broken[60] ?? 0) ^ 1;
  assert.equal(await send(broken), REFUSED);
  assert.equal(await send(body), 200);
});
