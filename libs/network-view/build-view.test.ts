import assert from "node:assert/strict";
import { test } from "node:test";
import { ed25519PublicToX25519, type Pubkey, pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { accountSpace, responsibleSwarm, swarmId, UNASSIGNED } from "@swarmpost/swarm";
import * as fc from "fast-check";
import { buildView, emptyView } from "./build-view.ts";
import { testMap, testProof, testPubkeys, testRegistry } from "./test-sources.ts";

const [a, b, c] = testPubkeys(0, 1, 2) as [Pubkey, Pubkey, Pubkey];

test("a view joins the registry, the map and the proofs", () => {
  const map = testMap(4, [{ id: 9n, members: [a, b] }]);
  const view = buildView(testRegistry(5, [a, b, c]), map, [testProof(a, 1_700_000_000, { port: 443 })]);
  assert.deepEqual([view.height, view.blockHash, view.mapHash], [5n, "05".repeat(32), "04".repeat(32)]);
  assert.deepEqual([view.nodeCount, [...view.nodes()].map((node) => node.pubkey)], [3, [a, b, c]]);
  const node = view.node(a);
  assert.ok(node?.contact);
  assert.deepEqual([node.swarmId, node.contact.httpsPort, node.contact.provenMs], [9n, 443, 1_700_000_000_000]);
  assert.deepEqual(node.x25519, ed25519PublicToX25519(pubkeyBytes(a)));
  assert.deepEqual([node.operator, node.registrationHeight], [`0x${"ab".repeat(20)}`, 3n]);
  assert.deepEqual([view.node(c)?.swarmId, view.node(c)?.contact], [undefined, undefined]);
  assert.deepEqual([view.swarmOf(b), view.swarm(9n)?.members, view.swarm(8n)], [9n, [a, b], undefined]);
});

test("a member that left the registry is in its swarm but is no node", () => {
  const view = buildView(testRegistry(5, [a]), testMap(4, [{ id: 0n, members: [a, b] }]), [testProof(b, 1)]);
  assert.deepEqual([view.registered(b), view.node(b), view.swarmOf(b)], [false, undefined, 0n]);
});

test("the responsible swarm is the one that the rules name", () => {
  const ids = fc.uniqueArray(fc.bigInt({ min: 0n, max: UNASSIGNED - 1n }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(ids, fc.uint8Array({ minLength: 32, maxLength: 32 }), (list, account) => {
      const view = buildView(
        undefined,
        testMap(
          1,
          list.map((id) => ({ id, members: [a] })),
        ),
        [],
      );
      const ascending = list.sort((x, y) => (x < y ? -1 : 1)).map(swarmId);
      assert.deepEqual(
        view.swarms.map(({ id }) => id),
        ascending,
      );
      assert.equal(view.responsible(account)?.id, responsibleSwarm(ascending, accountSpace(account)));
    }),
  );
});

test("a following view uses derived keys again and has the next version", () => {
  const first = buildView(testRegistry(5, [a, b]), undefined, []);
  const second = buildView(testRegistry(6, [a, c]), undefined, [], first);
  assert.deepEqual([first.version, second.version], [1, 2]);
  assert.equal(second.node(a)?.x25519, first.node(a)?.x25519);
  assert.equal(second.node(b), undefined);
});

test("views and what they hold cannot be changed", () => {
  const view = buildView(testRegistry(5, [a]), testMap(1, [{ id: 0n, members: [a] }]), [testProof(a, 1)]);
  const swarm = view.swarm(0n);
  for (const part of [view, view.map, view.swarms, swarm, swarm?.members, view.node(a), view.node(a)?.contact])
    assert.ok(Object.isFrozen(part));
});

test("nothing known makes a view that answers everything with nothing", () => {
  assert.deepEqual([emptyView.version, emptyView.nodeCount, emptyView.mapHash], [0, 0, ""]);
  assert.equal(emptyView.responsible(Buffer.alloc(32)), undefined);
  assert.equal(emptyView.node(a), undefined);
});

test("a registered key that is no point of the curve is no node", () => {
  const broken = pubkey("02".padEnd(64, "0"));
  const view = buildView(testRegistry(5, [a, broken]), undefined, []);
  assert.deepEqual([view.nodeCount, view.registered(broken)], [1, false]);
});

test("the id that means no swarm is refused as a swarm", () => {
  assert.throws(() => buildView(undefined, testMap(1, [{ id: UNASSIGNED, members: [a] }]), []), { code: "bad-id" });
});
