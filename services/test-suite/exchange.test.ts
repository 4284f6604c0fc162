import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nodeKeysFromSeed, type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { networkId, signProof } from "@swarmpost/proof";
import { nodeCertificate, RpcError } from "@swarmpost/rpc";
import { type Clock, ManualClock, systemClock } from "@swarmpost/runtime";
import { eventually, type NatsServer, type PostgresServer, startNats, startPostgres } from "@swarmpost/testkit";
import type { PeerSeed } from "./config-values.ts";
import { type RunningSuite, startSuite, type SuiteSettings } from "./testing/running-suite.ts";
import { ScriptedChain } from "./testing/scripted-chain.ts";
import { type PeerLinkTable, ScriptedRelay } from "./testing/scripted-relay.ts";

const buses: NatsServer[] = [];
let postgres: PostgresServer;
let databases = 0;

before(async () => {
  const [first, second, database] = await Promise.all([startNats(), startNats(), startPostgres()]);
  buses.push(first, second);
  postgres = database;
});

after(async () => {
  await Promise.all([...buses, postgres].map((server) => server[Symbol.asyncDispose]()));
});

interface TwoClusters extends AsyncDisposable {
  readonly chain: ScriptedChain;
  /** Relays of each cluster; a node key in one is none in the other. */
  readonly relays: readonly [ScriptedRelay[], ScriptedRelay[]];
  /** Starts the test-suite of a cluster; the second one has a node of the first as seed. */
  start(index: 0 | 1): Promise<RunningSuite>;
}

/** Two clusters on one chain, each with three nodes, a bus and a database; peer links go from relay to relay. */
async function twoClusters(clock: Clock = systemClock): Promise<TwoClusters> {
  await using stack = new AsyncDisposableStack();
  const chain = stack.use(new ScriptedChain());
  await chain.listen();
  const table: PeerLinkTable = new Map();
  const make = async (index: number) => stack.use(await ScriptedRelay.start(index, { clock, table }));
  const first = [await make(1), await make(2), await make(3)];
  const second = [await make(4), await make(5), await make(6)];
  chain.join(...[...first, ...second].map((relay) => relay.keys.pubkey));
  const urls = [1, 2].map(() => postgres.createDatabase(`exchange_${++databases}`));
  const seed: PeerSeed = { pubkey: (first[0] as ScriptedRelay).keys.pubkey, host: "127.0.0.1", port: 22_020 };
  const start = async (index: 0 | 1): Promise<RunningSuite> => {
    const settings: SuiteSettings = {
      BUS_URL: (buses[index] as NatsServer).url,
      DATABASE_URL: await (urls[index] as Promise<string>),
      CHAIN_WATCHER: chain.address,
      PEER_SEEDS: index === 1 ? [seed] : [],
    };
    return startSuite(settings, index === 0 ? first : second, clock);
  };
  const opened = stack.move();
  return { chain, relays: [first, second], start, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function knows(suite: RunningSuite, ...relays: ScriptedRelay[][]): Promise<void> {
  const expected = relays.flat().map((relay) => relay.keys.pubkey);
  await eventually(async () => assert.deepEqual([...(await suite.proven()).keys()].sort(), expected.sort()));
}

async function proofOf(suite: RunningSuite, relay: ScriptedRelay) {
  return (await suite.proven()).get(relay.keys.pubkey);
}

function coded(code: string) {
  return (error: unknown) => error instanceof RpcError && error.code === code;
}

test("two clusters learn each other's nodes from one seed", async () => {
  await using net = await twoClusters();
  await using a = await net.start(0);
  await using b = await net.start(1);
  await knows(a, ...net.relays);
  await knows(b, ...net.relays);
  assert.deepEqual(b.runtime.health.reasons(), []);
});

test("a node that moves is found at its new place by the other cluster", async () => {
  await using net = await twoClusters();
  await using a = await net.start(0);
  await using b = await net.start(1);
  await knows(b, ...net.relays);
  await knows(a, ...net.relays);
  const moved = net.relays[0][1] as ScriptedRelay;
  moved.contact = { ...moved.contact, ip: "127.0.0.77" };
  await eventually(async () => (await proofOf(b, moved))?.ip === "127.0.0.77");
  assert.equal((await proofOf(a, moved))?.ip, "127.0.0.77");
});

test("relays that are down or cut off do not stop the exchange through the others", async () => {
  await using net = await twoClusters();
  (net.relays[0][2] as ScriptedRelay).cutOff = true;
  (net.relays[1][0] as ScriptedRelay).ready = false;
  (net.relays[1][1] as ScriptedRelay).cutOff = true;
  await using a = await net.start(0);
  await using b = await net.start(1);
  const ready = net.relays[1].slice(1);
  await knows(a, net.relays[0], ready);
  await knows(b, net.relays[0], ready);
});

test("a cluster that was cut off learns what it missed when it is back", async () => {
  await using net = await twoClusters();
  await using a = await net.start(0);
  await using b = await net.start(1);
  await knows(b, ...net.relays);
  await knows(a, ...net.relays);
  for (const relay of net.relays[1]) relay.cutOff = true;
  const moved = net.relays[0][0] as ScriptedRelay;
  moved.contact = { ...moved.contact, peerPort: 32_020 };
  await eventually(async () => (await proofOf(a, moved))?.peerPort === 32_020);
  assert.equal((await proofOf(b, moved))?.peerPort, 22_020);
  for (const relay of net.relays[1]) relay.cutOff = false;
  await eventually(async () => (await proofOf(b, moved))?.peerPort === 32_020);
});

test("a cluster that joins when all proofs are older than anybody would accept is given fresh ones", async () => {
  const clock = new ManualClock(Date.now());
  await using net = await twoClusters(clock);
  await using a = await net.start(0);
  await knows(a, net.relays[0]);
  clock.advance(20 * 60_000);
  await using b = await net.start(1);
  await knows(b, ...net.relays);
  await knows(a, ...net.relays);
  const old = await proofOf(a, net.relays[0][0] as ScriptedRelay);
  const fresh = await proofOf(b, net.relays[0][0] as ScriptedRelay);
  assert.equal((fresh?.time ?? 0n) - (old?.time ?? 0n), 1_200n);
});

test("bad proofs from a peer are refused and counted by reason, good ones beside them are taken", async () => {
  await using net = await twoClusters();
  await using a = await net.start(0);
  await knows(a, net.relays[0]);
  const [sender, good] = net.relays[1] as [ScriptedRelay, ScriptedRelay, ScriptedRelay];
  const stranger = nodeKeysFromSeed(Buffer.alloc(32, 99));
  const contact = { ...sender.contact, time: BigInt(Math.floor(Date.now() / 1_000)) };
  const certificate = await nodeCertificate(stranger);
  const bad = {
    signature: { ...sender.sign(), signature: Buffer.alloc(64) },
    network: sender.sign({ network: networkId(1n, Buffer.alloc(20, 1)) }),
    time: sender.sign({ time: contact.time - 400n }),
    address: sender.sign({ ip: "169.254.1.1" }),
    version: sender.sign({ version: [2, 10, 0] }),
    ports: sender.sign({ replicaPort: 0 }),
    certificate: sender.sign({ certificate }),
    unregistered: signProof({ ...contact, certificate, pubkey: stranger.pubkey }, stranger),
    malformed: { proof: Buffer.from("i1e"), signature: Buffer.alloc(64) },
  };
  const peer = pubkeyBytes(sender.keys.pubkey);
  await a.client.exchange({ peer, proofs: [...Object.values(bad), good.sign()] });
  for (const reason of Object.keys(bad)) {
    const series = `swarmpost_test_suite_proofs_total{reason="${reason}",source="peer"}`;
    assert.equal(await a.metric(series), 1, reason);
  }
  await knows(a, net.relays[0], [good]);
});

test("an exchange answers with what the other side lacks and asks for what it knows better", async () => {
  await using net = await twoClusters();
  await using a = await net.start(0);
  await knows(a, net.relays[0]);
  const [peer, other] = net.relays[1] as [ScriptedRelay, ScriptedRelay, ScriptedRelay];
  const time = BigInt(Math.floor(Date.now() / 1_000));
  const keys = (...relays: ScriptedRelay[]): Buffer[] => relays.map((relay) => pubkeyBytes(relay.keys.pubkey));
  const has = (pubkey: Pubkey) => ({ pubkey: pubkeyBytes(pubkey), time: time + 60n });
  const [known] = net.relays[0] as [ScriptedRelay];
  const stranger = nodeKeysFromSeed(Buffer.alloc(32, 98)).pubkey;
  const have = [has(known.keys.pubkey), has(other.keys.pubkey), has(stranger)];
  const answer = await a.client.exchange({ peer: keys(peer)[0] as Buffer, have });
  assert.equal(answer.proofs.length, 2);
  assert.deepEqual(
    answer.want.map((key) => Buffer.from(key)),
    keys(other),
  );
});

test("an exchange is refused to whoever is not registered, sends too much, or too often", async () => {
  await using net = await twoClusters();
  await using a = await net.start(0);
  await knows(a, net.relays[0]);
  const relay = net.relays[1][0] as ScriptedRelay;
  const peer = pubkeyBytes(relay.keys.pubkey);
  const stranger = nodeKeysFromSeed(Buffer.alloc(32, 97)).pubkey;
  const junk = { proof: Buffer.from("de"), signature: Buffer.alloc(64) };
  const many = Array.from({ length: 1_025 }, () => junk);
  await assert.rejects(a.client.exchange({ peer: Buffer.alloc(3) }), coded("invalid-argument"));
  await assert.rejects(a.client.exchange({ peer: pubkeyBytes(stranger) }), coded("permission-denied"));
  await assert.rejects(a.client.exchange({ peer, proofs: many }), coded("invalid-argument"));
  const long = Array.from({ length: 600 }, () => ({ ...junk, proof: Buffer.alloc(2_048) }));
  await assert.rejects(a.client.exchange({ peer, proofs: long }), coded("invalid-argument"));
  const digests = (length: number) => ({ have: Array.from({ length }, () => ({ pubkey: Buffer.alloc(32, 3) })) });
  await a.client.exchange({ peer, ...digests(2 * 6 + 64) });
  await assert.rejects(a.client.exchange({ peer, ...digests(2 * 6 + 65) }), coded("invalid-argument"));
  for (let sent = 0; sent < 3; sent += 1) await a.client.exchange({ peer, proofs: many.slice(0, 1_024) });
  await assert.rejects(a.client.exchange({ peer, proofs: many.slice(0, 1_024) }), coded("resource-exhausted"));
  await knows(a, net.relays[0]);
});
