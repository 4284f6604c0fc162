import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { bootstrap } from "./bootstrap.ts";
import { HttpsConnections } from "./https-post.ts";
import { networkFromSeeds, type NetworkDescription, parseNetwork } from "./network-file.ts";
import { parseJsonWithSwarmIds } from "./service-node.ts";
import { TestNetwork, type TestNode } from "./test-network.ts";

let network: TestNetwork;
const connections = new HttpsConnections();

before(async () => {
  network = await TestNetwork.start(6);
});
beforeEach(() => {
  for (const node of network.nodes) node.seedScript = undefined;
});
after(async () => {
  await connections[Symbol.asyncDispose]();
  await network[Symbol.asyncDispose]();
});

function seedsOf(...nodes: readonly (TestNode | undefined)[]): NetworkDescription {
  return networkFromSeeds(nodes.map((node) => `${node?.keys.pubkey}@${node?.url}`));
}

function ask(description: NetworkDescription, options: { insecure?: boolean; nowMs?: number } = {}) {
  return bootstrap(description, { nowMs: Date.now(), ...options }, connections.post);
}

test("three honest seeds give every node with its exact swarm id", async () => {
  const list = await ask(seedsOf(...network.nodes.slice(0, 3)));
  const expected = network.nodes.map((node) => node.offered.pubkey).sort();
  assert.deepEqual(list.nodes.map((node) => node.pubkey).sort(), expected);
  assert.ok(list.nodes.some((node) => node.swarmId === 0x9000000000000001n));
  assert.deepEqual(list.warnings, []);
});

test("a seed that invents and hides nodes is outvoted by two honest ones", async () => {
  const [liar, ...honest] = network.nodes;
  const mark = honest[4]?.offered;
  assert.ok(liar && mark);
  const invented = { ...mark, ip: "10.0.0.1" };
  liar.seedScript = () => network.seedAnswer(liar, [invented]);
  const list = await ask(seedsOf(liar, honest[0], honest[1]));
  assert.equal(list.nodes.length, 6);
  assert.ok(list.nodes.every((node) => node.ip === "127.0.0.1"));
  assert.match(list.warnings.join(), /names 1 nodes that the others do not/);
});

test("a seed that is down is tolerated while two others answer", async () => {
  const down = networkFromSeeds([`${network.nodes[0]?.keys.pubkey}@https://127.0.0.1:9`]);
  const two = seedsOf(network.nodes[1], network.nodes[2]);
  const list = await ask({ ...two, seeds: [...down.seeds, ...two.seeds] });
  assert.equal(list.nodes.length, 6);
  assert.match(list.warnings.join(), /127\.0\.0\.1:9 did not count: it can't be reached/);
});

test("without a majority the error says what each seed did", async () => {
  const down = networkFromSeeds(["https://127.0.0.1:9", "https://127.0.0.1:8"]);
  const description = { ...down, seeds: [...down.seeds, ...seedsOf(network.nodes[0]).seeds] };
  await assert.rejects(ask(description), {
    code: "seeds-failed",
    message: /1 of 3 seeds gave a usable answer, 2 must agree \(.*can't be reached.*6 nodes\)/,
  });
});

test("seeds that agree on nothing are refused", async () => {
  const nodes = network.nodes.slice(0, 3);
  for (const node of nodes) node.seedScript = () => network.seedAnswer(node, [node.offered]);
  await assert.rejects(ask(seedsOf(...nodes)), { code: "seeds-failed", message: /agree on no node/ });
});

test("of two seeds both must answer and agree", async () => {
  const [first, second] = network.nodes;
  assert.equal((await ask(seedsOf(first, second))).nodes.length, 6);
  assert.ok(second);
  second.seedScript = () => network.seedAnswer(second, [second.offered]);
  assert.deepEqual(
    (await ask(seedsOf(first, second))).nodes.map((node) => node.pubkey),
    [second.keys.pubkey],
  );
  second.seedScript = () => "not json";
  await assert.rejects(ask(seedsOf(first, second)), { code: "seeds-failed" });
});

test("a node of which two seeds do not say the same in every field is refused, whoever is listed first", async () => {
  const [first, second, , moved] = network.nodes;
  assert.ok(first && second && moved);
  const lies = [
    { swarmId: 5n },
    { operator: `0x${"cd".repeat(20)}` },
    { ip: "10.0.0.1" },
    { httpsPort: 1 },
    { x25519: first.keys.x25519.publicKey },
  ];
  for (const lie of lies) {
    const told = network.nodes.map((node) => (node === moved ? { ...node.offered, ...lie } : node.offered));
    second.seedScript = () => network.seedAnswer(second, told);
    const down = networkFromSeeds([`${network.nodes[2]?.keys.pubkey}@https://127.0.0.1:9`]).seeds;
    for (const seeds of [seedsOf(first, second), seedsOf(second, first)]) {
      for (const description of [seeds, { ...seeds, seeds: [...seeds.seeds, ...down] }]) {
        const list = await ask(description);
        assert.equal(list.nodes.length, 5);
        assert.ok(list.nodes.every((node) => node.pubkey !== moved.keys.pubkey));
        assert.match(
          list.warnings.join(),
          /no majority of the seeds agrees on 1 nodes \([0-9a-f]{8}\), which are refused/,
        );
      }
    }
    const outvoted = await ask(seedsOf(second, first, network.nodes[2]));
    assert.deepEqual([outvoted.nodes.length, outvoted.disputed], [6, []]);
  }
});

test("a seed that names one node twice does not count", async () => {
  const [seed] = network.nodes;
  assert.ok(seed);
  seed.seedScript = () => network.seedAnswer(seed, [seed.offered, { ...seed.offered, swarmId: 5n }]);
  await assert.rejects(ask(seedsOf(seed)), { code: "seeds-failed", message: /names a node twice/ });
});

test("a pinned seed must sign exactly what it says, with its own key and now", async () => {
  const [seed, other] = network.nodes;
  assert.ok(seed && other);
  const cases: [script: (honest: string) => string, why: RegExp][] = [
    [(honest) => honest.replace(/,"swarmpost".*$/, "}"), /not signed/],
    [() => network.seedAnswer(other), /another key/],
    [(honest) => honest.replaceAll('"127.0.0.1"', '"127.0.0.2"'), /signature of its answer is wrong/],
    [(honest) => honest.replace(/"swarm_id":\d+/, '"swarm_id":5'), /signature of its answer is wrong/],
    [(honest) => honest.replace(/"0xab/, '"0xcd'), /signature of its answer is wrong/],
    [(honest) => honest.replaceAll(/,"operator_address":"\w+"/g, ""), /signature of its answer is wrong/],
    [() => "{}", /no result/],
    [() => "<html>", /not JSON/],
    [() => '{"result":{"service_node_states":[{}]}}', /lacks its key/],
  ];
  for (const [script, why] of cases) {
    seed.seedScript = script;
    await assert.rejects(ask(seedsOf(seed)), { code: "seeds-failed", message: why });
  }
  seed.seedScript = undefined;
  const stale = { nowMs: Date.now() + 3_600_000 };
  await assert.rejects(ask(seedsOf(seed), stale), { code: "seeds-failed", message: /check the clock/ });
});

test("a seed without a key is believed on loopback, elsewhere only on demand", async () => {
  const unpinned = networkFromSeeds([network.nodes[0]?.url ?? ""]);
  assert.equal((await ask(unpinned)).nodes.length, 6);
  const remote = networkFromSeeds(["https://seed.invalid:22021"]);
  await assert.rejects(ask(remote), { code: "untrusted-seed", message: /KEY@URL.*--insecure/ });
  await assert.rejects(ask(remote, { insecure: true }), { code: "seeds-failed" });
});

test("one pinned seed away from this computer works with a warning", async () => {
  const seed = network.nodes[0];
  const post: typeof connections.post = (_url, body, options) =>
    connections.post(`${seed?.url}/json_rpc`, body, options);
  const description = networkFromSeeds([`${seed?.keys.pubkey}@https://seed.invalid`]);
  const list = await bootstrap(description, { nowMs: Date.now() }, post);
  assert.match(list.warnings.join(), /one seed alone/);
});

test("swarm ids above 2^53 are read exactly", () => {
  const parsed = parseJsonWithSwarmIds('{"swarm_id":18446744073709551614,"height":3}');
  assert.deepEqual(parsed, { swarm_id: 18446744073709551614n, height: 3 });
});

test("a network file is checked field by field, and says which one is wrong", () => {
  const key = "ab".repeat(32);
  const seeds = [{ url: "https://s:1/json_rpc", pubkey: key }];
  const chain = { id: 1, contract: "0x01" };
  const fileServer = { url: "http://files.example:8080/", pubkey: "AB".repeat(32) };
  const good = parseNetwork({ name: "n", seeds, diversity: true, chain, fileServer });
  const place = { url: "http://files.example:8080", pubkey: key };
  const known = { name: "n", seeds: [{ url: "https://s:1", pubkey: key }], diversity: true };
  assert.deepEqual(good, { ...known, chain, fileServer: place });
  assert.deepEqual(networkFromSeeds([`${key}@s:1`]).seeds, [{ url: "https://s:1", pubkey: key }]);
  assert.deepEqual(networkFromSeeds([`https://${key}@s:1`]).seeds, [{ url: "https://s:1", pubkey: key }]);
  const at = (url: unknown) => ({ seeds, fileServer: { ...fileServer, url } });
  const sealedTo = (pubkey: unknown) => ({ seeds, fileServer: { ...fileServer, pubkey } });
  const bad: readonly [value: unknown, says: RegExp][] = [
    [1, /not an object/],
    [null, /not an object/],
    [{}, /`seeds`/],
    [{ seeds: [] }, /`seeds`/],
    [{ seeds: {} }, /`seeds`/],
    [{ seeds: [null] }, /a seed's url/],
    [{ seeds: [{ url: "ftp://x" }] }, /a seed's url/],
    [{ seeds: [{ url: 1 }] }, /a seed's url/],
    [{ seeds: [{ url: "https://x", pubkey: "ab" }] }, /key of the seed https:\/\/x/],
    [{ seeds: [{ url: "https://x", pubkey: 1 }] }, /key of the seed https:\/\/x/],
    [{ seeds, name: 1 }, /`name`/],
    [{ seeds, diversity: "yes" }, /`diversity`/],
    [{ seeds, chain: 1 }, /`chain`/],
    [{ seeds, chain: { ...chain, id: "1" } }, /`chain`/],
    [{ seeds, chain: { ...chain, contract: 1 } }, /`chain`/],
    [{ seeds, fileServer: null }, /url of `fileServer`/],
    [at(undefined), /url of `fileServer`/],
    [at(new URL("http://files.example")), /url of `fileServer`/],
    [at("files.example"), /url of `fileServer`/],
    [at("ftp://files.example"), /url of `fileServer`/],
    [at("http://files.example/file"), /url of `fileServer`/],
    [at("http://files.example/?a=b"), /url of `fileServer`/],
    [at("http://files.example/#p"), /url of `fileServer`/],
    [sealedTo(undefined), /pubkey of `fileServer`/],
    [sealedTo(Buffer.alloc(32)), /pubkey of `fileServer`/],
    [sealedTo("ab".repeat(31)), /pubkey of `fileServer`/],
    [sealedTo("zz".repeat(32)), /pubkey of `fileServer`/],
  ];
  for (const [value, message] of bad) {
    assert.throws(() => parseNetwork(value), { code: "bad-network", message }, JSON.stringify(value));
  }
});

test("a seed that is named twice is refused: it would have two votes", () => {
  const [one, two] = network.nodes;
  const repeated = { code: "bad-network", message: /twice/ };
  assert.throws(() => seedsOf(one, two, one), repeated);
  assert.throws(() => networkFromSeeds(["https://127.0.0.1:1", "https://127.0.0.1:1/"]), repeated);
  const seeds = [one, two].map((node) => ({ url: node?.url, pubkey: one?.keys.pubkey }));
  assert.throws(() => parseNetwork({ seeds }), repeated);
});
