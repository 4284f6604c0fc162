import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { alice, bob, bobsSwarm, client, connect, events, network } from "./test-client.ts";

/** How often Bob's swarm was asked for messages. */
function retrieves(): number {
  return bobsSwarm()
    .flatMap((each) => each.asked)
    .filter((method) => method === "retrieve").length;
}

test("a follower waits at two members and gets a message without polling", async () => {
  network.knowsWait = true;
  const following = client.follow(bob, { intervalMs: 60_000 });
  const next = following.next();
  await client.send(alice, bob.id, "at once");
  assert.deepEqual(
    (await next).value?.messages.map(({ text }) => text),
    ["at once"],
  );
  assert.ok(retrieves() <= 4, `${retrieves()} retrieves`);
  await following.return();
});

test("a message that both members give makes no lane rest", async () => {
  network.knowsWait = true;
  const following = client.follow(bob, { intervalMs: 600_000 });
  for (let i = 0; i < 8; i++) {
    const next = following.next();
    await client.send(alice, bob.id, `message ${i}`);
    assert.deepEqual(
      (await next).value?.messages.map(({ text }) => text),
      [`message ${i}`],
    );
  }
  await following.return();
});

test("a follower whose node does not wait polls at its interval", async () => {
  const following = client.follow(bob, { intervalMs: 10 });
  const next = following.next();
  await client.send(alice, bob.id, "polled");
  assert.deepEqual(
    (await next).value?.messages.map(({ text }) => text),
    ["polled"],
  );
  await following.return();
});

test("leaving the loop or aborting gives the waits up at once and blames no node for it", async () => {
  network.knowsWait = true;
  const stop = new AbortController();
  const following = client.follow(bob, { signal: stop.signal, intervalMs: 60_000 });
  const next = following.next();
  while (retrieves() < 2) await turn();
  stop.abort();
  assert.deepEqual(await next, { value: undefined, done: true });
  assert.deepEqual(
    events.filter(({ type }) => type === "path-failed" || type === "node-dropped"),
    [],
  );
});

test("a follower goes on when the members it waits at are lost", async () => {
  network.knowsWait = true;
  await using patient = await connect({ timeoutMs: 3_000 });
  const following = patient.follow(bob, { intervalMs: 10 });
  const next = following.next();
  while (retrieves() < 2) await turn();
  for (const member of bobsSwarm().filter((each) => each.asked.includes("retrieve"))) await member.stop();
  await client.send(alice, bob.id, "from the others");
  const page = (await next).value ?? (await following.next()).value;
  assert.deepEqual(
    page?.messages.map(({ text }) => text),
    ["from the others"],
  );
  await following.return();
});

test("a swarm that changes under a follower is followed to the new one", async () => {
  network.knowsWait = true;
  const [one, two] = [bobsSwarm(), network.nodes.filter((each) => !bobsSwarm().includes(each))];
  const ids = [one[0]?.swarmId, two[0]?.swarmId] as const;
  let aheadMs = 0;
  await using late = await connect({ now: () => Date.now() + aheadMs });
  const following = late.follow(bob, { intervalMs: 10 });
  const first = following.next();
  await client.send(alice, bob.id, "before");
  assert.deepEqual(
    (await first).value?.messages.map(({ text }) => text),
    ["before"],
  );
  for (const each of one) each.swarmId = ids[1] ?? 0n;
  for (const each of two) each.swarmId = ids[0] ?? 0n;
  for (const each of one) each.script = (method) => (method === "retrieve" ? [421, { snodes: [] }] : undefined);
  aheadMs = 10_000;
  network.stores.emit("store");
  await using other = await connect();
  const next = following.next();
  await other.send(alice, bob.id, "after");
  assert.deepEqual(
    (await next).value?.messages.map(({ text }) => text),
    ["after"],
  );
  await following.return();
});

test("a follower that may no longer read is told so", async () => {
  for (const each of network.nodes) {
    each.script = (method) => (method === "retrieve" ? [401, "retrieve signature verification failed"] : undefined);
  }
  await assert.rejects(client.follow(bob).next(), { code: "refused" });
});

test("a follower ends with its client, and a call that waits is told", async () => {
  network.knowsWait = true;
  const other = await connect();
  const next = other.follow(bob).next();
  while (retrieves() < 2) await turn();
  for (const each of network.nodes) each.silent = true;
  const told = assert.rejects(other.send(alice, bob.id, "never"), { code: "client-closed" });
  await other[Symbol.asyncDispose]();
  await told;
  assert.deepEqual(await next, { value: undefined, done: true });
});
