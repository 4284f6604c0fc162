import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { createRuntime, ManualClock, silentLogger } from "@swarmpost/runtime";
import { eventually } from "@swarmpost/testkit";
import { followNetwork } from "./follow-network.ts";
import type { NetworkView } from "./network-view.ts";
import { testMap, testProof, testPubkeys, testRegistry, TestSources } from "./test-sources.ts";
import type { ViewFollower } from "./view-follower.ts";

const [a, b, c] = testPubkeys(0, 1, 2) as [Pubkey, Pubkey, Pubkey];
const NEVER_MS = 3_600_000;

async function follow(sources: TestSources, pullIntervalMs: number): Promise<ViewFollower> {
  const runtime = createRuntime("test", { logger: silentLogger, clock: new ManualClock(1_000_000) });
  return await followNetwork({ ...sources.options, pullIntervalMs }, { runtime });
}

/** Sources that all answer: two nodes in one swarm, the first with a contact. */
async function answering(): Promise<TestSources> {
  const sources = await TestSources.open();
  Object.assign(sources.answers, {
    registry: testRegistry(5, [a, b]),
    map: testMap(4, [{ id: 0n, members: [a, b] }]),
    proofs: [testProof(a, 900)],
  });
  return sources;
}

test("with all sources up the view is whole when the follower is there", async () => {
  await using sources = await answering();
  await using follower = await follow(sources, NEVER_MS);
  const { current } = follower;
  assert.equal(follower.ready(), undefined);
  assert.deepEqual([current.height, current.swarmOf(a), current.node(a)?.contact?.peerPort], [5n, 0n, 22_020]);
  assert.equal(follower.previousMap, undefined);
});

test("sources that are down delay nothing and are named until they have answered", async () => {
  await using sources = await TestSources.open();
  await using follower = await follow(sources, 30);
  assert.equal(follower.ready(), "no answer yet from chain-watcher, swarm-coordinator, test-suite");
  assert.equal(follower.current.nodeCount, 0);
  Object.assign(sources.answers, { registry: testRegistry(1, [a]), proofs: [] });
  await eventually(() => assert.equal(follower.ready(), "no answer yet from swarm-coordinator"));
  sources.answers.map = testMap(0, []);
  await eventually(() => assert.equal(follower.ready(), undefined));
  assert.equal(follower.current.registered(a), true);
});

test("a map that came over the bus counts when its source cannot be asked", async () => {
  await using sources = await answering();
  const { map } = sources.answers;
  sources.answers.map = undefined;
  await using follower = await follow(sources, NEVER_MS);
  assert.equal(follower.ready(), "no answer yet from swarm-coordinator");
  assert.ok(map);
  sources.publishMap({ map });
  await eventually(() => assert.equal(follower.ready(), undefined));
});

test("changes on the bus are taken at once, and listeners hear of each view with the one before", async () => {
  await using sources = await answering();
  await using follower = await follow(sources, NEVER_MS);
  const heard: [NetworkView, NetworkView][] = [];
  const end = follower.onChange((view, previous) => heard.push([view, previous]));
  sources.publishRegistry(testRegistry(6, [a, b, c]));
  await eventually(() => assert.equal(follower.current.registered(c), true));
  const previous = testMap(4, [{ id: 0n, members: [a, b] }]);
  sources.publishMap({ map: testMap(6, [{ id: 0n, members: [a, b, c] }]), previous });
  await eventually(() => assert.equal(follower.current.swarmOf(c), 0n));
  assert.deepEqual([follower.previousMap?.height, follower.previousMap?.swarmOf(c)], [4n, undefined]);
  sources.publishProofs({ accepted: [testProof(c, 950)], dropped: [pubkeyBytes(a)] });
  await eventually(() => assert.ok(follower.current.node(c)?.contact));
  assert.equal(follower.current.node(a)?.contact, undefined);
  assert.equal(heard.length, 3);
  for (const [view, before] of heard) assert.equal(view.version, before.version + 1);
  end();
  sources.publishRegistry(testRegistry(7, [a]));
  await eventually(() => assert.equal(follower.current.height, 7n));
  assert.equal(heard.length, 3);
});

test("what the bus lost is pulled", async () => {
  await using sources = await answering();
  await using follower = await follow(sources, 30);
  sources.answers.registry = testRegistry(6, [a, b, c]);
  sources.answers.proofs = [testProof(a, 950, { port: 8443 })];
  await eventually(() => assert.equal(follower.current.registered(c), true));
  await eventually(() => assert.equal(follower.current.node(a)?.contact?.httpsPort, 8443));
});

test("after the bus was away everything is pulled at once", async () => {
  await using sources = await answering();
  await using follower = await follow(sources, NEVER_MS);
  sources.broker.stop();
  sources.answers.map = testMap(9, [{ id: 0n, members: [a] }]);
  sources.publishMap({ map: sources.answers.map });
  sources.broker.start();
  await eventually(() => assert.equal(follower.current.map.height, 9n));
});

test("a message of the bus that cannot be read, or has no content, makes the follower ask", async () => {
  await using sources = await answering();
  await using follower = await follow(sources, NEVER_MS);
  sources.answers.map = testMap(9, [{ id: 0n, members: [a] }]);
  sources.bus.publish("swarmpost.swarm.map", Buffer.alloc(0));
  await eventually(() => assert.equal(follower.current.map.height, 9n));
  sources.answers.registry = testRegistry(8, [a]);
  sources.bus.publish("swarmpost.chain.registry", Buffer.from("not a protobuf message"));
  await eventually(() => assert.equal(follower.current.height, 8n));
  sources.answers.registry = testRegistry(9, [a]);
  sources.bus.publish("swarmpost.chain.registry", Buffer.alloc(0));
  await eventually(() => assert.equal(follower.current.height, 9n));
});

test("sources that fall silent, forget or go back leave the last view in force", async () => {
  await using sources = await answering();
  await using follower = await follow(sources, 20);
  const { version } = follower.current;
  const asked = async (): Promise<void> => {
    const pulls = sources.pulls;
    await eventually(() => assert.ok(sources.pulls >= pulls + 6));
  };
  Object.assign(sources.answers, { registry: testRegistry(2, []), map: testMap(1, []), proofs: [] });
  await asked();
  Object.assign(sources.answers, { registry: testRegistry(99, [c], 1n) });
  await asked();
  Object.assign(sources.answers, { registry: undefined, map: undefined, proofs: undefined });
  await asked();
  assert.deepEqual([follower.current.version, follower.ready()], [version, undefined]);
  assert.ok(follower.current.node(a)?.contact);
});

test("a node whose proof ran out while test-suite was away is offered to nobody, though nodes still find it", async () => {
  await using sources = await answering();
  const clock = new ManualClock(1_000_000);
  const runtime = createRuntime("test", { logger: silentLogger, clock });
  await using follower = await followNetwork({ ...sources.options, pullIntervalMs: 20 }, { runtime });
  assert.equal(follower.current.node(a)?.offered, true);
  assert.equal(follower.current.node(b)?.offered, false);
  sources.answers.proofs = undefined;
  clock.advance(126 * 60_000);
  await eventually(() => assert.equal(follower.current.node(a)?.offered, false));
  assert.ok(follower.current.node(a)?.contact);
  sources.answers.proofs = [testProof(a, 9_000)];
  await eventually(() => assert.equal(follower.current.node(a)?.offered, true));
});

test("a follower that was disposed hears nothing more and keeps its last view", async () => {
  await using sources = await answering();
  const follower = await follow(sources, 20);
  await follower[Symbol.asyncDispose]();
  let heard = 0;
  follower.onChange(() => heard++);
  sources.publishRegistry(testRegistry(6, [c]));
  await sources.bus.flush();
  assert.deepEqual([heard, follower.current.height], [0, 5n]);
  // What was on its way when it ended may still arrive; nothing follows it.
  let [pulls, calm] = [sources.pulls, 0];
  await eventually(() => {
    calm = sources.pulls === pulls ? calm + 1 : 0;
    pulls = sources.pulls;
    return calm === 10;
  });
});
