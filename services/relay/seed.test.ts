import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pubkey } from "@swarmpost/crypto";
import { parseSeedSignature, verifySeedAnswer } from "@swarmpost/onion";
import { UNASSIGNED } from "@swarmpost/swarm";
import { SWARM_ID } from "./testing/fake-view.ts";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

let network: RelayNetwork;
let nodes: [TestRelay, TestRelay, TestRelay, TestRelay];

before(async () => {
  network = await RelayNetwork.start({ nodes: 4, config: { RATE_SEED_BURST: "1000" } });
  nodes = network.relays as unknown as typeof nodes;
  // The third has no proof, the fourth sits in no swarm.
  await network.show((node, index) =>
    index === 2 ? { ...node, contact: undefined } : index === 3 ? { ...node, seated: false } : node,
  );
});

after(() => network[Symbol.asyncDispose]());

type State = Readonly<Record<string, unknown>>;
interface Reply {
  readonly id?: unknown;
  readonly result?: Readonly<Record<string, unknown>> & { readonly service_node_states?: readonly State[] };
  readonly error?: { readonly code: number };
  readonly swarmpost?: unknown;
}

async function ask(
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; type: unknown; text: string; json: Reply }> {
  const raw = typeof body === "string" ? body : JSON.stringify(body);
  const reply = await network.request(nodes[0], "/json_rpc", raw, { headers });
  const text = reply.body.toString();
  return { status: reply.status, type: reply.headers["content-type"], text, json: JSON.parse(text) as Reply };
}

const states = async (params?: unknown, method = "get_n_service_nodes") =>
  (await ask({ jsonrpc: "2.0", id: 0, method, params })).json.result?.service_node_states ?? assert.fail("no states");

const keysOf = (list: readonly State[]) => list.map((state) => state.pubkey_ed25519);

test("Session Desktop's request gets all that its schema wants, with exactly its content type", async () => {
  const names = ["public_ip", "storage_port", "pubkey_x25519", "pubkey_ed25519", "requested_unlock_height", "height"];
  const fields = Object.fromEntries(names.map((name) => [name, true]));
  const request = { jsonrpc: "2.0", method: "get_n_service_nodes", params: { active_only: true, fields } };
  const { status, type, json } = await ask(request, { "content-type": "text/plain;charset=UTF-8" });
  assert.deepEqual([status, type], [200, "application/json"]);
  assert.equal(json.result?.height, 1_234);
  const [state, ...rest] = json.result?.service_node_states ?? [];
  assert.equal(rest.length, 1);
  assert.equal(typeof state?.storage_port, "number");
  assert.equal(state?.requested_unlock_height, 0);
  assert.equal(state?.public_ip, "127.0.0.1");
  assert.deepEqual(Object.keys(state ?? {}).sort(), names.filter((name) => name !== "height").sort());
});

test("a node without a proof is offered to nobody, one in no swarm only when asked for", async () => {
  const seated = [nodes[0].pubkey, nodes[1].pubkey].sort();
  for (const method of ["get_n_service_nodes", "get_service_nodes", "get_all_service_nodes"]) {
    assert.deepEqual(keysOf(await states(undefined, method)), seated);
  }
  const all = await states({ active_only: false });
  assert.deepEqual(keysOf(all), [...seated, nodes[3].pubkey].sort());
  const keys = [nodes[2].pubkey, nodes[1].pubkey.toUpperCase()];
  assert.deepEqual(keysOf(await states({ service_node_pubkeys: keys })), [nodes[1].pubkey]);
});

test("a node whose proof ran out is offered to nobody, even when asked for by key", async () => {
  await using more = await RelayNetwork.start({ nodes: 2 });
  const [seed, gone] = more.relays as [TestRelay, TestRelay];
  await more.show((node) => (node.pubkey === gone.pubkey ? { ...node, expired: true } : node));
  const params = { service_node_pubkeys: [seed.pubkey, gone.pubkey], active_only: false };
  const reply = await more.request(seed, "/json_rpc", JSON.stringify({ method: "get_service_nodes", params }));
  const json = JSON.parse(reply.body.toString()) as { result: { service_node_states: { pubkey_ed25519: string }[] } };
  assert.deepEqual(
    json.result.service_node_states.map((state) => state.pubkey_ed25519),
    [seed.pubkey],
  );
});

test("swarm ids are whole numbers of 64 bits", async () => {
  const { text } = await ask({ method: "get_service_nodes", params: { active_only: false } });
  const ids = swarmIds(text);
  assert.equal(ids.get(nodes[0].pubkey), SWARM_ID);
  assert.equal(ids.get(nodes[3].pubkey), UNASSIGNED);
});

function swarmIds(text: string): Map<string | undefined, bigint> {
  const entries = /"service_node_pubkey":"([0-9a-f]{64})".*?"swarm_id":(\d+),"swarm":"([0-9a-f]+)"/g;
  return new Map(
    [...text.matchAll(entries)].map(([, key, id, hex]) => {
      assert.equal(BigInt(id ?? ""), BigInt(`0x${hex}`));
      return [key, BigInt(id ?? "")] as const;
    }),
  );
}

test("the signature covers the whole list of active nodes, and the chain and map that it is from", async () => {
  const { text, json } = await ask({ method: "get_service_nodes" });
  const ids = swarmIds(text);
  const signed = parseSeedSignature(json.swarmpost) ?? assert.fail("not signed");
  assert.deepEqual([signed.signer, signed.height, signed.total], [nodes[0].pubkey, 1_234, 2]);
  assert.equal(signed.blockHash.toString("hex"), json.result?.block_hash);
  assert.deepEqual(signed.mapHash, Buffer.alloc(32, 3));
  assert.ok(Math.abs(signed.t - Date.now()) < 60_000);
  const offered = (json.result?.service_node_states ?? []).map((state) => ({
    pubkey: pubkey(String(state.pubkey_ed25519)),
    x25519: Buffer.from(String(state.pubkey_x25519), "hex"),
    ip: String(state.public_ip),
    httpsPort: Number(state.storage_port),
    swarmId: ids.get(String(state.pubkey_ed25519)) ?? 0n,
    operator: String(state.operator_address),
  }));
  assert.equal(verifySeedAnswer(offered, signed), true);
  assert.equal(verifySeedAnswer(offered.slice(1), signed), false);
  const another = offered.map((node) => ({ ...node, operator: `0x${"3".repeat(40)}` }));
  assert.equal(verifySeedAnswer(another, signed), false);
});

test("a selection is never signed: it could be shown to another client as the whole network", async () => {
  const selections = [
    { service_node_pubkeys: [nodes[0].pubkey] },
    { service_node_pubkeys: [nodes[0].pubkey, nodes[1].pubkey] },
    { limit: 1 },
    { limit: -1 },
    { limit: 100 },
    { active_only: false },
  ];
  for (const params of selections) {
    const { json } = await ask({ method: "get_service_nodes", params });
    assert.ok(json.result?.service_node_states?.length);
    assert.equal("swarmpost" in json, false, JSON.stringify(params));
  }
  const polled = await ask({ method: "get_service_nodes", params: { service_node_pubkeys: [], fields: ["swarm"] } });
  assert.ok(polled.json.swarmpost, "no key named means all");
});

test("fields can be listed, named in a dict or taken away, and a limit picks at random", async () => {
  assert.deepEqual(Object.keys((await states({ fields: ["swarm", "public_ip", "nonsense"] }))[0] ?? {}), [
    "public_ip",
    "swarm",
  ]);
  const without = Object.keys((await states({ fields: ["all", "-swarm_id"] }))[0] ?? {});
  assert.ok(without.includes("swarm") && !without.includes("swarm_id"));
  assert.equal((await states({ limit: 1 })).length, 1);
  assert.equal((await states({ limit: -1 })).length, 2);
});

test("a client that polls with the present block hash is told that nothing changed", async () => {
  const first = await ask({ method: "get_service_nodes" });
  const hash = first.json.result?.block_hash;
  const again = await ask({ method: "get_service_nodes", params: { poll_block_hash: hash } });
  assert.deepEqual(again.json.result, { status: "OK", unchanged: true });
  const other = await ask({ method: "get_service_nodes", params: { poll_block_hash: "00" } });
  assert.equal(other.json.result?.unchanged, undefined);
});

test("a new view shows at once", async () => {
  await states();
  await network.show((node, index) => (index === 1 ? { ...node, contact: undefined } : node));
  assert.equal(keysOf(await states()).includes(nodes[1].pubkey), false);
  await network.show();
  assert.equal((await states()).length, 4);
});

test("requests that make no sense get JSON-RPC errors", async () => {
  assert.deepEqual([(await ask("{")).status, (await ask("{")).json.error?.code], [400, -32_700]);
  assert.equal((await ask("[]")).json.error?.code, -32_600);
  const long = await network.request(nodes[0], "/json_rpc", `{"method":"${"x".repeat(70_000)}"}`);
  assert.deepEqual([long.status, long.body.toString()], [413, "Request body too large"]);
  const unknown = await ask({ id: "a", method: "get_info" });
  assert.deepEqual([unknown.status, unknown.json.id, unknown.json.error?.code], [200, "a", -32_601]);
  for (const params of [[], "x", { limit: "1" }, { fields: 7 }, { service_node_pubkeys: ["xy"] }, { active_only: 1 }]) {
    assert.equal((await ask({ method: "get_service_nodes", params })).json.error?.code, -32_602);
  }
});

test("who asks for the list again and again is told to wait, and is served otherwise", async () => {
  await using one = await RelayNetwork.start({ nodes: 1, config: { RATE_SEED_BURST: "2", RATE_SEED_PER_SECOND: "1" } });
  const [seed] = one.relays as [TestRelay];
  const list = () => one.request(seed, "/json_rpc", `{"method":"get_service_nodes"}`);
  const statuses = (await Promise.all(Array.from({ length: 20 }, list))).map(({ status }) => status);
  assert.equal(statuses[0], 200);
  assert.ok(statuses.filter((status) => status === 429).length >= 10, "two at once and one a second are few");
  assert.equal((await one.request(seed, "/storage_rpc/v1", `{"method":"info","params":{}}`)).status, 200);
});
