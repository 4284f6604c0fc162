import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { encodeBase64 } from "@swarmpost/encoding";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

// A request that is wrong in several ways is refused for the first of them in the order of Session storage server 2.11:
// clients act on the status (421: another swarm, 406: their clock, 401: their keys).

const OTHER = 2n ** 63n;
const hour = 3_600_000;
const day = 24 * hour;
const hash = "A".repeat(43);
const token = encodeBase64(Buffer.alloc(36, 5));

let swarm: TestSwarm;
let node: TestNode;
let elsewhere: TestNode;
let account: TestAccount;
before(async () => {
  swarm = await TestSwarm.start(2);
  [node, elsewhere] = swarm.nodes as [TestNode, TestNode];
  swarm.setMap(
    new Map([
      [0n, [node]],
      [OTHER, [elsewhere]],
    ]),
  );
  const keeps = (each: TestAccount) =>
    node.view.current.responsible(Buffer.from(each.id, "hex").subarray(1))?.id === 0n;
  for (account = new TestAccount(); !keeps(account); account = new TestAccount());
});
after(() => swarm[Symbol.asyncDispose]());

/** What each method says to a wrong time, if it looks at one, and then to a wrong signature. */
const methods: Readonly<
  Record<string, { stale?: [params: () => object, status: number, text: string]; params: () => object; text?: string }>
> = {
  store: {
    params: () => ({ namespace: 42, timestamp: Date.now(), ttl: day, data: "YWJj" }),
    stale: [
      () => ({ namespace: 42, timestamp: Date.now() - hour, ttl: day, data: "YWJj" }),
      406,
      "store signature timestamp too far from current time",
    ],
  },
  retrieve: {
    params: () => ({ timestamp: Date.now() }),
    stale: [() => ({ timestamp: Date.now() + hour }), 406, "retrieve timestamp too far from current time"],
  },
  delete: { params: () => ({ messages: [hash] }), text: "delete_msgs signature verification failed" },
  delete_all: {
    params: () => ({ timestamp: Date.now(), namespace: "all" }),
    stale: [() => ({ timestamp: Date.now() - hour }), 406, "delete_all timestamp too far from current time"],
  },
  delete_before: {
    params: () => ({ before: Date.now() - day }),
    stale: [() => ({ before: Date.now() + hour }), 401, "delete_before timestamp too far in the future"],
  },
  expire_all: {
    params: () => ({ expiry: Date.now() }),
    stale: [() => ({ expiry: Date.now() - hour }), 406, "expire_all timestamp should be >= current time"],
  },
  expire: {
    params: () => ({ messages: [hash], expiry: Date.now() + day }),
    stale: [
      () => ({ messages: [hash], expiry: Date.now() - hour }),
      401,
      "expire: timestamp should be >= current time",
    ],
    text: "expire: signature verification failed",
  },
  get_expiries: {
    params: () => ({ messages: [hash], timestamp: Date.now() }),
    stale: [
      () => ({ messages: [hash], timestamp: Date.now() - hour }),
      406,
      "get_expiries timestamp too far from current time",
    ],
  },
  revoke_subaccount: {
    params: () => ({ revoke: token, timestamp: Date.now() }),
    stale: [
      () => ({ revoke: token, timestamp: Date.now() - hour }),
      406,
      "revoke_subaccount timestamp too far from current time",
    ],
  },
  unrevoke_subaccount: {
    params: () => ({ unrevoke: token, timestamp: Date.now() }),
    stale: [
      () => ({ unrevoke: token, timestamp: Date.now() - hour }),
      406,
      "unrevoke_subaccount timestamp too far from current time",
    ],
  },
  revoked_subaccounts: {
    params: () => ({ timestamp: Date.now() }),
    stale: [() => ({ timestamp: Date.now() - hour }), 406, "revoked_subaccounts timestamp too far from current time"],
  },
};

for (const [method, { params, stale, text = `${method} signature verification failed` }] of Object.entries(methods)) {
  test(`${method}: the swarm, then the time, then the signature`, async () => {
    const signed = () => ({ pubkey: account.id, ...account.signed("something else") });
    const late = stale?.[0] ?? params;
    const wrongSwarm = await elsewhere.rpc(method, { ...late(), ...signed() });
    assert.equal(wrongSwarm.status, 421);
    assert.equal(wrongSwarm.body.swarm, "0");
    if (stale)
      assert.deepEqual(await node.rpc(method, { ...late(), ...signed() }), { status: stale[1], body: stale[2] });
    assert.deepEqual(await node.rpc(method, { ...params(), ...signed() }), { status: 401, body: text });
    const malformed = await elsewhere.rpc(method, { ...params(), ...signed(), signature: "x" });
    assert.equal(malformed.status, 400, "what does not parse is not looked at further");
  });
}

test("a store is refused for its life before its clock, and for its clock before its signature", async () => {
  const store = (more: object) => ({ pubkey: account.id, namespace: 42, data: "YWJj", ...more });
  const now = Date.now();
  for (const [more, status, text] of [
    [{ timestamp: now + hour, ttl: 9_999 }, 403, "Provided expiry/TTL is not valid."],
    [{ timestamp: now + hour, ttl: day }, 406, "Timestamp error: check your clock"],
    [{ timestamp: now - 2 * day, ttl: day }, 406, "Timestamp error: check your clock"],
    [{ timestamp: now, ttl: day }, 401, "store: signature required to store to namespace 42"],
  ] as const) {
    assert.deepEqual(await node.rpc("store", store(more)), { status, body: text });
  }
});
