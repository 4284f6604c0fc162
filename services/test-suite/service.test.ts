import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { type Bus, connectNats } from "@swarmpost/bus";
import { pubkey } from "@swarmpost/crypto";
import { ProofsChangedSchema } from "@swarmpost/protos";
import { systemClock } from "@swarmpost/runtime";
import { eventually, startStores, type TestStores } from "@swarmpost/testkit";
import { type RunningSuite, startSuite, type SuiteSettings } from "./testing/running-suite.ts";
import { ScriptedChain } from "./testing/scripted-chain.ts";
import { type PeerLinkTable, ScriptedRelay } from "./testing/scripted-relay.ts";

let stores: TestStores;
before(async () => void (stores = await startStores()));
after(async () => await stores?.[Symbol.asyncDispose]());

interface Cluster extends AsyncDisposable {
  readonly chain: ScriptedChain;
  readonly relays: ScriptedRelay[];
  readonly settings: SuiteSettings;
}

/** A chain and relays whose nodes are all registered. */
async function cluster(count: number): Promise<Cluster> {
  await using stack = new AsyncDisposableStack();
  const chain = stack.use(new ScriptedChain());
  await chain.listen();
  const table: PeerLinkTable = new Map();
  const relays: ScriptedRelay[] = [];
  for (let index = 1; index <= count; index += 1) {
    relays.push(stack.use(await ScriptedRelay.start(index, { clock: systemClock, table })));
  }
  chain.join(...relays.map((relay) => relay.keys.pubkey));
  const DATABASE_URL = await stores.emptyDatabase();
  const opened = stack.move();
  return {
    chain,
    relays,
    settings: { BUS_URL: stores.nats.url, DATABASE_URL, CHAIN_WATCHER: chain.address },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function allProven(suite: RunningSuite, relays: readonly ScriptedRelay[]): Promise<void> {
  await eventually(async () => {
    const proven = await suite.proven();
    assert.deepEqual([...proven.keys()].sort(), relays.map((relay) => relay.keys.pubkey).sort());
  });
}

test("ready relays are proven soon after the start, and the service is ready", async () => {
  await using net = await cluster(3);
  await using suite = await startSuite(net.settings, net.relays);
  await allProven(suite, net.relays);
  assert.equal(await suite.metric('swarmpost_test_suite_proofs_total{reason="accepted",source="own"}'), 3);
  assert.deepEqual(suite.runtime.health.reasons(), []);
  await eventually(async () => (await suite.metric("swarmpost_test_suite_valid_proofs")) === 3, { timeoutMs: 8_000 });
});

test("the age of the oldest proof grows until its node proves itself again", async () => {
  await using net = await cluster(2);
  let later = 0;
  await using suite = await startSuite(net.settings, net.relays, { now: () => Date.now() + later });
  await allProven(suite, net.relays);
  const age = (whose: string) => suite.metric(`swarmpost_test_suite_oldest_proof_seconds{of="${whose}"}`);
  for (const whose of ["own", "any"]) assert.ok((await age(whose)) < 60);
  later = 3_600_000; // the relays' clocks stay: what they sign now is too old
  for (const whose of ["own", "any"]) await eventually(async () => Math.floor((await age(whose)) / 60) === 60);
});

test("a change reaches a watcher and the bus", async () => {
  await using net = await cluster(2);
  await using bus: Bus = await connectNats({ url: stores.nats.url, name: "test" });
  const heard = new Set<string>();
  await using _ = await bus.subscribe("swarmpost.proof.changed", (payload) => {
    const { accepted, dropped } = fromBinary(ProofsChangedSchema, payload);
    for (const { receivedMs } of accepted) heard.add(receivedMs > 0n ? "accepted" : "accepted without a time");
    for (const node of dropped) heard.add(`dropped ${pubkey(node)}`);
  });
  await using suite = await startSuite(net.settings, net.relays);
  await allProven(suite, net.relays);
  const watched = suite.client.watchProofs({});
  const first = (await watched.next()).value;
  assert.equal(first?.snapshot, true);
  assert.equal(first?.accepted.length, 2);
  const gone = net.relays[0] as ScriptedRelay;
  net.chain.leave(gone.keys.pubkey);
  const second = (await watched.next()).value;
  assert.deepEqual(
    second?.dropped.map((node) => pubkey(node)),
    [gone.keys.pubkey],
  );
  assert.equal(second?.snapshot, false);
  await eventually(() => assert.deepEqual(heard, new Set(["accepted", `dropped ${gone.keys.pubkey}`])));
  await watched.return();
});

test("a relay that is not ready is asked again until it is", async () => {
  await using net = await cluster(2);
  const late = net.relays[1] as ScriptedRelay;
  late.ready = false;
  await using suite = await startSuite(net.settings, net.relays);
  await allProven(suite, net.relays.slice(0, 1));
  late.ready = true;
  await allProven(suite, net.relays);
});

test("a node that is registered later is proven when it is", async () => {
  await using net = await cluster(2);
  const late = net.relays[1] as ScriptedRelay;
  net.chain.leave(late.keys.pubkey);
  await using suite = await startSuite(net.settings, net.relays);
  await allProven(suite, net.relays.slice(0, 1));
  await eventually(async () => {
    const series = 'swarmpost_test_suite_proofs_total{reason="unregistered",source="own"}';
    assert.ok((await suite.metric(series)) > 0);
  });
  net.chain.join(late.keys.pubkey);
  await allProven(suite, net.relays);
});

test("a contact that changed is told at once, an unchanged one is left alone", async () => {
  await using net = await cluster(1);
  const relay = net.relays[0] as ScriptedRelay;
  await using suite = await startSuite(net.settings, net.relays);
  await allProven(suite, net.relays);
  relay.contact = { ...relay.contact, httpsPort: 32_021 };
  await eventually(async () => (await suite.proven()).get(relay.keys.pubkey)?.httpsPort === 32_021);
  const asked = relay.signed;
  await eventually(() => relay.signed > asked + 3);
  assert.equal(await suite.metric('swarmpost_test_suite_proofs_total{reason="accepted",source="own"}'), 2);
  assert.equal(await suite.metric('swarmpost_test_suite_proofs_total{reason="too-soon",source="own"}'), 0);
});

test("a restart still knows the proofs, and drops those of nodes that left meanwhile", async () => {
  await using net = await cluster(3);
  {
    await using suite = await startSuite(net.settings, net.relays);
    await allProven(suite, net.relays);
  }
  for (const relay of net.relays) relay.ready = false;
  await using suite = await startSuite(net.settings, net.relays);
  assert.equal((await suite.proven()).size, 3);
  net.chain.leave((net.relays[0] as ScriptedRelay).keys.pubkey);
  await allProven(suite, net.relays.slice(1));
});

test("a proof runs out when its node no longer proves itself", async () => {
  await using net = await cluster(2);
  await using suite = await startSuite({ ...net.settings, PROOF_LIFETIME_MS: 1_500 }, net.relays);
  await allProven(suite, net.relays);
  for (const relay of net.relays) relay.ready = false;
  await eventually(async () => (await suite.proven()).size === 0, { timeoutMs: 12_000 });
});

test("without a chain at the start nothing is judged, and all is well once it is there", async () => {
  await using net = await cluster(2);
  net.chain.down = true;
  await using suite = await startSuite(net.settings, net.relays);
  await eventually(() => net.relays.every((relay) => relay.signed > 0));
  assert.deepEqual(suite.runtime.health.reasons(), ["registry: the registry is not known yet"]);
  assert.equal((await suite.proven()).size, 0);
  net.chain.down = false;
  await allProven(suite, net.relays);
  assert.deepEqual(suite.runtime.health.reasons(), []);
});

test("an outage of Postgres stops nothing, and what was accepted meanwhile is written afterwards", async () => {
  await using net = await cluster(2);
  const late = net.relays[1] as ScriptedRelay;
  late.ready = false;
  {
    await using suite = await startSuite(net.settings, net.relays);
    await allProven(suite, net.relays.slice(0, 1));
    await stores.postgres.kill();
    late.ready = true;
    await allProven(suite, net.relays);
    await eventually(() => suite.runtime.health.reasons().some((reason) => reason.startsWith("database")));
    await stores.postgres.start();
    await eventually(() => suite.runtime.health.reasons().length === 0, { timeoutMs: 15_000 });
  }
  for (const relay of net.relays) relay.ready = false;
  await using suite = await startSuite(net.settings, net.relays);
  assert.equal((await suite.proven()).size, 2);
});
