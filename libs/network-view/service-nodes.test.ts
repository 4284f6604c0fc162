import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pubkey } from "@swarmpost/crypto";
import { buildView } from "./build-view.ts";
import { ServiceNodes } from "./service-nodes.ts";
import { parseServiceNodesQuery, SERVICE_NODE_FIELDS } from "./service-nodes-query.ts";
import { testMap, testProof, testPubkeys, testRegistry } from "./test-sources.ts";

const [a, b, c, d] = testPubkeys(0, 1, 2, 3) as [Pubkey, Pubkey, Pubkey, Pubkey];
/** An id that no double holds. */
const SWARM = 0xffff_ffff_ffff_fffdn;
// The third sits in no swarm, the fourth has proven nothing.
const view = buildView(
  testRegistry(5, [a, b, c, d]),
  testMap(4, [{ id: SWARM, members: [a, b, d] }]),
  [a, b, c].map((node) => testProof(node, 1_700_000_000, { port: 443 })),
);
const ask = (params: unknown): string =>
  new ServiceNodes().result(parseServiceNodesQuery(params) ?? assert.fail("refused"), view);
type States = Record<string, unknown>[];
const states = (params: unknown): States =>
  (JSON.parse(ask(params)) as { service_node_states: States }).service_node_states;
const keys = (params: unknown) => states(params).map((state) => state["pubkey_ed25519"]);

test("the result holds what Session Desktop's schema wants, whatever fields are left out", () => {
  const wanted = ["public_ip", "pubkey_ed25519", "pubkey_x25519", "storage_port", "requested_unlock_height"];
  const fields = Object.fromEntries([...wanted, "height"].map((name) => [name, true]));
  const result = JSON.parse(ask({ active_only: true, fields })) as Record<string, unknown>;
  assert.deepEqual([result["status"], result["height"], result["block_hash"]], ["OK", 5, "05".repeat(32)]);
  const [state] = states({ active_only: true, fields });
  assert.deepEqual(Object.keys(state ?? {}).sort(), wanted.sort());
  const types = wanted.map((name) => typeof state?.[name]);
  assert.deepEqual(types, ["string", "string", "string", "number", "number"]);
  assert.equal(Object.keys(states({})[0] ?? {}).length, SERVICE_NODE_FIELDS.length);
});

test("a swarm id is told with all its 64 bits", () => {
  assert.match(ask({ fields: ["swarm_id"] }), new RegExp(`\\{"swarm_id":${SWARM}\\}`));
  assert.deepEqual(states({ fields: ["swarm"] })[0], { swarm: SWARM.toString(16) });
});

test("active_only, limit and keys select nodes; one that has not proven itself is never told", () => {
  assert.deepEqual(keys({}), [a, b]);
  assert.deepEqual(keys({ active_only: false }), [a, b, c]);
  assert.deepEqual([keys({ limit: 1 }).length, keys({ limit: 9 }).length, keys({ limit: -1 }).length], [1, 2, 2]);
  assert.deepEqual(keys({ service_node_pubkeys: [d, b.toUpperCase(), "0".repeat(64)] }), [b]);
});

test("who knows the present block is told that nothing changed", () => {
  assert.equal(ask({ poll_block_hash: view.blockHash.toUpperCase() }), `{"status":"OK","unchanged":true}`);
  assert.equal(keys({ poll_block_hash: "06".repeat(32) }).length, 2);
  assert.equal(keys({ poll_block_hash: "" }).length, 2);
});

test("parameters of a wrong type are refused", () => {
  const wrong = [
    [],
    "x",
    { limit: 1.5 },
    { fields: 7 },
    { fields: [1] },
    { service_node_pubkeys: ["xy"] },
    { active_only: 1 },
  ];
  for (const params of wrong) assert.equal(parseServiceNodesQuery(params), undefined, JSON.stringify(params));
  assert.ok(parseServiceNodesQuery(null));
});
