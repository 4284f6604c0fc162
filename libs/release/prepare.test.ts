import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import { connectKubernetes, createSecret, getConfigMap, getSecret, type Kubernetes } from "@swarmpost/kubernetes";
import { startApiServer, type TestApiServer } from "@swarmpost/kubernetes/testing";
import { parseConfig } from "@swarmpost/runtime";
import { developmentKey, exitNode, registerNodes, requestUnlock } from "@swarmpost/staking";
import { mineBlocks, someNodes, startTestChain, type TestChain } from "@swarmpost/staking/test-chain.ts";
import { sparePort, type TemporaryFolder, temporaryFolder } from "@swarmpost/testkit";
import { issueCertificate, makeAuthority } from "./certificates.ts";
import { prepare } from "./prepare.ts";
import { prepareConfig } from "./prepare-config.ts";

let chain: TestChain;
let folder: TemporaryFolder;
let api: TestApiServer;
let kubernetes: Kubernetes;

before(async () => {
  chain = await startTestChain({ unlockDelayBlocks: 0 });
  folder = await temporaryFolder();
});
after(async () => {
  await chain[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
beforeEach(async () => {
  api = await startApiServer("swarm");
  kubernetes = await connectKubernetes({ namespace: "swarm", kubeconfig: api.kubeconfig });
});
afterEach(() => api[Symbol.asyncDispose]());

const quickstart = {
  DATABASE_SERVERS: '{"quickstart":[0,1,2,3,4]}',
  DATABASE_SERVICES_SERVER: "quickstart",
  QUICKSTART_POSTGRES: "net-postgres.swarm.svc:5432",
  QUICKSTART_NATS: "net-nats.swarm.svc:4222",
  QUICKSTART_REDIS: "net-redis.swarm.svc:6379",
};

/** One run of the job, as the chart starts it; answers what it printed. */
async function runPrepare(env: Record<string, string> = {}): Promise<string> {
  const lines: string[] = [];
  const config = parseConfig(prepareConfig, {
    POD_NAMESPACE: "swarm",
    FULLNAME: "net",
    OBJECT_LABELS: "app.kubernetes.io/instance=net,app.kubernetes.io/managed-by=Helm",
    NODE_REPLICAS: "3",
    CHAIN_RPC_URLS: chain.target.rpcUrl,
    CHAIN_CONTRACT: chain.target.contract,
    ...quickstart,
    ...env,
  });
  const connect: typeof connectKubernetes = (options) => connectKubernetes({ ...options, kubeconfig: api.kubeconfig });
  await prepare(config, { print: (line) => void lines.push(line) }, connect);
  return lines.join("\n");
}

async function secret(name: string): Promise<Readonly<Record<string, string>>> {
  return (await getSecret(kubernetes, name))?.entries ?? {};
}

async function giveSecret(name: string, entries: Record<string, string>): Promise<void> {
  await createSecret(kubernetes, { name, labels: {}, entries });
}

const base64 = (entries: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(entries).map(([name, text]) => [name, Buffer.from(text).toString("base64")]));

const madeSecrets = [
  "net-node-keys",
  "net-cluster-ca",
  ...["node", "chain-watcher", "swarm-coordinator", "test-suite", "register"].map((part) => `net-tls-${part}`),
  "net-connections",
  "net-databases",
];

async function everything(): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = { public: (await getConfigMap(kubernetes, "net-node-keys"))?.entries };
  for (const name of madeSecrets) all[name] = await secret(name);
  return all;
}

test("makes what a release needs, with the release's labels, and says nothing secret", async () => {
  const printed = await runPrepare();
  const keys = await getSecret(kubernetes, "net-node-keys");
  assert.deepEqual(keys?.labels, {
    "app.kubernetes.io/instance": "net",
    "app.kubernetes.io/managed-by": "Helm",
    "app.kubernetes.io/component": "node",
  });
  const told = (await getConfigMap(kubernetes, "net-node-keys"))?.entries ?? {};
  assert.deepEqual(Object.keys(told).sort(), ["net-node-0", "net-node-1", "net-node-2"]);
  for (const [pod, key] of Object.entries(told)) {
    assert.equal(nodeKeysFromSeed(Buffer.from(keys!.entries[pod]!, "hex")).pubkey, key);
  }
  for (const name of madeSecrets) {
    for (const value of Object.values(await secret(name))) assert.ok(value !== "" && !printed.includes(value), name);
  }
});

test("a file server's key is made once and told; another one is refused", async () => {
  await runPrepare();
  assert.deepEqual(await secret("net-file-server"), {}, "a release without a file server has none");
  await runPrepare({ FILE_SERVER: "true" });
  const { "onion-key": key } = await secret("net-file-server");
  const told = (await getConfigMap(kubernetes, "net-file-server"))?.entries;
  const pubkey = nodeKeysFromSeed(Buffer.from(key!, "hex")).x25519.publicKey.toString("hex");
  assert.deepEqual(told, { "onion-pubkey": pubkey });
  await runPrepare({ FILE_SERVER: "true" });
  assert.deepEqual(await secret("net-file-server"), { "onion-key": key });
  api.objects.put("secrets", { metadata: { name: "net-file-server" }, data: {} });
  await assert.rejects(runPrepare({ FILE_SERVER: "true" }), { code: "lost", message: /lost the file server's key/ });
  const given = { FILE_SERVER: "true", FILE_SERVER_KEY_SECRET: "mine" };
  await assert.rejects(runPrepare(given), { code: "given-secret", message: "the Secret mine does not exist" });
  await giveSecret("mine", { "onion-key": generateSeed().toString("hex") });
  await assert.rejects(runPrepare(given), { code: "given-secret", message: /not the one that it had/ });
  await giveSecret("odd", { "onion-key": "short" });
  await assert.rejects(runPrepare({ ...given, FILE_SERVER_KEY_SECRET: "odd" }), { message: /not 64 hex digits/ });
});

test("the passwords of the quickstart fit together", async () => {
  await runPrepare();
  const connections = await secret("net-connections");
  const { "postgres-password": postgres, "nats-password": nats, "redis-password": redis } = connections;
  assert.equal(
    connections["database-admin-url"],
    `postgres://postgres:${postgres}@net-postgres.swarm.svc:5432/postgres`,
  );
  assert.equal(connections["bus-url"], `nats://swarmpost:${nats}@net-nats.swarm.svc:4222`);
  assert.equal(connections["redis-url"], `redis://:${redis}@net-redis.swarm.svc:6379`);
  assert.match(connections["nats-auth.conf"]!, new RegExp(`user: "swarmpost", password: "${nats}"`));
  assert.equal(connections["redis.conf"], `requirepass ${redis}\n`);
  assert.equal(new Set([postgres, nats, redis]).size, 3);
  const urls = Object.entries(await secret("net-databases")).map(([entry, url]) => ({ entry, url: new URL(url) }));
  const services = ["chain-watcher", "file-server", "swarm-coordinator", "test-suite"];
  const nodes = ["net-node-0", "net-node-1", "net-node-2"];
  assert.deepEqual(new Set(urls.map(({ entry }) => entry)), new Set([...services, ...nodes]));
  assert.equal(new Set(urls.map(({ url }) => url.password)).size, 7, "each has a password of its own");
  assert.equal(new Set(urls.map(({ url }) => url.pathname)).size, 7);
  assert.ok(urls.every(({ url }) => url.host === "net-postgres.swarm.svc:5432" && url.password !== postgres));
});

test("a second run changes nothing, and more nodes only add", async () => {
  await runPrepare();
  const first = await everything();
  const writes = () => api.calls.filter((call) => call.verb !== "get").length;
  const before = writes();
  await runPrepare();
  assert.deepEqual(await everything(), first);
  assert.equal(writes(), before, "nothing was written at all");
  await runPrepare({ NODE_REPLICAS: "5" });
  const grown = await everything();
  for (const [name, entries] of Object.entries(first)) {
    for (const [entry, value] of Object.entries(entries as object)) {
      assert.equal((grown[name] as Record<string, unknown>)[entry], value, `${name} ${entry}`);
    }
  }
  assert.equal(Object.keys(grown["net-node-keys"] as object).length, 5);
});

test("two runs at once agree", async () => {
  await Promise.all([runPrepare(), runPrepare(), runPrepare()]);
  const keys = await secret("net-node-keys");
  const told = (await getConfigMap(kubernetes, "net-node-keys"))?.entries ?? {};
  for (const [pod, seed] of Object.entries(keys)) {
    assert.equal(nodeKeysFromSeed(Buffer.from(seed, "hex")).pubkey, told[pod]);
  }
  const connections = await secret("net-connections");
  assert.ok(connections["bus-url"]!.includes(connections["nats-password"]!));
});

test("given keys are taken as they are, and told", async () => {
  const nodes = someNodes(3);
  const seeds = nodes.map(() => generateSeed());
  await giveSecret("mine", Object.fromEntries(seeds.map((seed, i) => [`net-node-${i}`, `${seed.toString("hex")}\n`])));
  await runPrepare({ NODE_KEYS_SECRET: "mine" });
  const told = (await getConfigMap(kubernetes, "net-node-keys"))?.entries ?? {};
  assert.deepEqual(
    Object.values(told),
    seeds.map((seed) => nodeKeysFromSeed(seed).pubkey),
  );
  assert.equal(await getSecret(kubernetes, "net-node-keys"), undefined);
});

test("given keys that can't be right are refused with what is wrong", async () => {
  const seed = generateSeed().toString("hex");
  const other = generateSeed().toString("hex");
  const cases: [Record<string, string>, RegExp][] = [
    [{ "net-node-0": seed, "net-node-1": other }, /^the Secret s0 has no entry net-node-2$/],
    [{ "net-node-0": seed, "net-node-1": other, "net-node-2": "abc" }, /net-node-2 .* is not 64 hex digits/],
    [{ "net-node-0": seed, "net-node-1": other, "net-node-2": seed }, /net-node-0 and net-node-2 have the same key/],
  ];
  for (const [index, [entries, message]] of cases.entries()) {
    await giveSecret(`s${index}`, entries);
    await assert.rejects(runPrepare({ NODE_KEYS_SECRET: `s${index}` }), { code: "given-secret", message });
  }
  await assert.rejects(runPrepare({ NODE_KEYS_SECRET: "none" }), { message: "the Secret none does not exist" });
});

test("a node never changes its key", async () => {
  await runPrepare();
  const seeds = [0, 1, 2].map((i) => [`net-node-${i}`, generateSeed().toString("hex")]);
  await giveSecret("others", Object.fromEntries(seeds));
  await assert.rejects(runPrepare({ NODE_KEYS_SECRET: "others" }), /the key of net-node-0 is not the one that it had/);
});

test("a key that is lost is not replaced, and nothing is written", async () => {
  await runPrepare();
  const { "net-node-1": _lost, ...left } = await secret("net-node-keys");
  api.objects.put("secrets", { metadata: { name: "net-node-keys" }, data: base64(left) });
  const message = /^the Secret net-node-keys has lost the keys of net-node-1: bring them back/;
  await assert.rejects(runPrepare(), { code: "lost", message });
  await assert.rejects(runPrepare({ NODE_REPLICAS: "5" }), { code: "lost", message });
  assert.deepEqual(await secret("net-node-keys"), left, "no other key stands in its place");
  const told = (await getConfigMap(kubernetes, "net-node-keys"))?.entries ?? {};
  const { "net-node-1": _gone, ...others } = told;
  api.objects.put("configmaps", { metadata: { name: "net-node-keys" }, data: others });
  await runPrepare();
  assert.deepEqual(Object.keys(await secret("net-node-keys")).sort(), ["net-node-0", "net-node-1", "net-node-2"]);
});

test("running nodes are not given new databases because the Secret that names theirs is gone", async () => {
  await runPrepare();
  const urls = await secret("net-databases");
  api.objects.put("statefulsets", { metadata: { name: "net-node" }, spec: { replicas: 3 } });
  api.objects.delete("secrets", "net-databases");
  await assert.rejects(runPrepare(), { code: "lost", message: /^the Secret net-databases is gone/ });
  assert.equal(await getSecret(kubernetes, "net-databases"), undefined);
  const { "net-node-2": _lost, ...left } = urls;
  await giveSecret("net-databases", left);
  await runPrepare();
  const after = await secret("net-databases");
  assert.equal(after["net-node-1"], urls["net-node-1"]);
  assert.notEqual(after["net-node-2"], urls["net-node-2"], "one that was taken out on purpose is made anew");
});

test("a given authority signs, whatever form its key has, and one that can't is refused with what is wrong", async () => {
  const [authority, other] = await Promise.all([makeAuthority("mine"), makeAuthority("other")]);
  const leaf = await issueCertificate(authority, ["leaf"]);
  const sec1 = String(createPrivateKey(authority.key).export({ type: "sec1", format: "pem" }));
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" });
  const cases: [string, string, RegExp][] = [
    ["not a certificate", sec1, /^the Secret ca0: ca.crt is not the certificate of an authority$/],
    [leaf.certificate, leaf.key, /^the Secret ca1: ca.crt is not the certificate of an authority$/],
    [authority.certificate, String(rsa), /^the Secret ca2: ca.key is not a P-256 private key$/],
    [authority.certificate, other.key, /^the Secret ca3: ca.key is not the key of ca.crt$/],
  ];
  for (const [index, [certificate, key, message]] of cases.entries()) {
    await giveSecret(`ca${index}`, { "ca.crt": certificate, "ca.key": key });
    await assert.rejects(runPrepare({ CLUSTER_CA_SECRET: `ca${index}` }), { code: "given-secret", message });
  }
  await giveSecret("good", { "ca.crt": authority.certificate, "ca.key": sec1 });
  const printed = await runPrepare({ CLUSTER_CA_SECRET: "good" });
  const { "ca.crt": root, "tls.crt": issued } = await secret("net-tls-node");
  assert.equal(root, authority.certificate.trim());
  assert.ok(new X509Certificate(issued!).verify(new X509Certificate(authority.certificate).publicKey));
  assert.doesNotMatch(printed, /another authority/);
});

test("certificates of another authority than the present one are named", async () => {
  await runPrepare();
  const authority = await makeAuthority("mine");
  await giveSecret("mine", { "ca.crt": authority.certificate, "ca.key": authority.key });
  const before = await secret("net-tls-node");
  const printed = await runPrepare({ CLUSTER_CA_SECRET: "mine" });
  assert.match(printed, /^certificates of another authority stay until they are deleted: net-tls-node, /m);
  assert.deepEqual(await secret("net-tls-node"), before);
});

test("databases go to the servers that the map names, and stay there", async () => {
  const servers = join(folder.path, "servers");
  await mkdir(servers, { recursive: true });
  await writeFile(join(servers, "one"), "postgres://admin:x@one.example:6432/postgres?sslmode=require\n");
  await writeFile(join(servers, "two"), "postgres://admin:x@two.example/postgres");
  const external = { QUICKSTART_POSTGRES: "", DATABASE_SERVERS_DIR: servers, DATABASE_SERVICES_SERVER: "one" };
  await runPrepare({ ...external, DATABASE_SERVERS: '{"one":[0,2],"two":[1]}' });
  const urls = await secret("net-databases");
  assert.equal(new URL(urls["net-node-0"]!).host, "one.example:6432");
  assert.equal(new URL(urls["net-node-0"]!).search, "?sslmode=require");
  assert.equal(new URL(urls["net-node-1"]!).host, "two.example");
  assert.ok(!JSON.stringify(urls).includes("admin"));
  await assert.rejects(runPrepare({ ...external, DATABASE_SERVERS: '{"one":[0,1,2]}' }), {
    message: /database of net-node-1 is on another server than one: databases.servers may only be appended to/,
  });
  await assert.rejects(runPrepare({ ...external, DATABASE_SERVERS: '{"one":[0,2]}' }), {
    message: "no database server holds the node 1",
  });
});

test("refuses to take away a node that holds stake, before it makes anything", async () => {
  await runPrepare();
  const seeds = await secret("net-node-keys");
  const node = nodeKeysFromSeed(Buffer.from(seeds["net-node-2"]!, "hex"));
  const account = { ...chain.target, operatorKey: developmentKey(1) };
  const [registered] = await registerNodes({ ...account, minterKey: developmentKey(0), nodes: [node] });
  api.objects.put("statefulsets", { metadata: { name: "net-node" }, spec: { replicas: 3 } });
  const refused = {
    code: "still-staked",
    message: /nodes.replicas 2 would take away ordinals 2, which still hold stake/,
  };
  await assert.rejects(runPrepare({ NODE_REPLICAS: "2" }), refused);
  await runPrepare({ NODE_REPLICAS: "3" });
  const away = { CHAIN_RPC_URLS: `http://127.0.0.1:${await sparePort()}` };
  await assert.rejects(runPrepare({ NODE_REPLICAS: "2", ...away }), {
    code: "chain",
    message: /can't be asked: .*; nodes.allowStakedScaleDown goes on unasked$/,
  });
  await runPrepare({ NODE_REPLICAS: "2", ...away, ALLOW_STAKED_SCALE_DOWN: "true" });
  await requestUnlock({ ...account, id: registered!.id });
  await assert.rejects(runPrepare({ NODE_REPLICAS: "2" }), refused);
  await mineBlocks(chain.anvil, 1);
  await exitNode({ ...account, id: registered!.id });
  await runPrepare({ NODE_REPLICAS: "2" });
});
