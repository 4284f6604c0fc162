import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { generateSeed, sign, signingKeyPairFromSeed } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const OTHER = 2n ** 63n;
const patience = { timeoutMs: 30_000 };

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres({ maxConnections: 200 });
});
after(() => postgres[Symbol.asyncDispose]());

/** A member of an account who may do everything, unless said otherwise. */
class Member {
  readonly #keys = signingKeyPairFromSeed(generateSeed());
  readonly #account: TestAccount;
  readonly token: Buffer;

  constructor(account: TestAccount, flags = 7) {
    this.#account = account;
    this.token = Buffer.concat([Buffer.of(5, flags, 0, 0), this.#keys.publicKey]);
  }

  #signed(text: string): object {
    const signature = encodeBase64(sign(Buffer.from(text), this.#keys.secretKey));
    const subaccount_sig = encodeBase64(sign(this.token, this.#account.keys.secretKey));
    const pubkey_ed25519 = this.#account.keys.publicKey.toString("hex");
    return { signature, pubkey_ed25519, subaccount: encodeBase64(this.token), subaccount_sig };
  }

  retrieve(namespace: number): object {
    const timestamp = Date.now();
    return { pubkey: this.#account.id, namespace, timestamp, ...this.#signed(`retrieve${namespace}${timestamp}`) };
  }

  shorten(messages: readonly string[]): object {
    const expiry = Date.now();
    const params = { pubkey: this.#account.id, messages, expiry, shorten: true };
    return { ...params, ...this.#signed(`expireshorten${expiry}${messages.join("")}`) };
  }

  store(namespace: number, data: string): object {
    const timestamp = Date.now();
    const body = { timestamp, ttl: 86_400_000, data: encodeBase64(Buffer.from(data)) };
    return { pubkey: this.#account.id, namespace, ...body, ...this.#signed(`store${namespace}${timestamp}`) };
  }

  delete(messages: readonly string[]): object {
    return { pubkey: this.#account.id, messages, ...this.#signed(`delete${messages.join("")}`) };
  }
}

async function revoke(node: TestNode, account: TestAccount, tokens: readonly Buffer[]): Promise<void> {
  const { status, body } = await node.rpc("revoke_subaccount", account.revocation("revoke", tokens));
  assert.equal(status, 200, JSON.stringify(body));
}

const mayRead = async (node: TestNode, member: Member, namespace = 11) =>
  (await node.rpc("retrieve", member.retrieve(namespace))).status === 200;

async function revokedOn(node: TestNode): Promise<number> {
  const text = "select count(*) as count from revocation where revoked";
  const { rows } = await node.service.node.data.database.query<{ count: bigint }>({ text });
  return Number(rows[0]?.count);
}

function accountAt(node: TestNode, id: bigint): TestAccount {
  for (;;) {
    const account = new TestAccount();
    if (node.view.current.responsible(Buffer.from(account.id, "hex").subarray(1))?.id === id) return account;
  }
}

const becomeWhole = (nodes: readonly TestNode[]) =>
  eventually(() => assert.ok(nodes.every((node) => node.service.node.whole.ownState === "whole")), patience);

test("a revoked member is turned away everywhere, whatever it asks, but for what may not be revoked", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  await becomeWhole(swarm.nodes);
  const account = new TestAccount();
  const [member, other] = [new Member(account), new Member(account)];
  const [a, b] = swarm.nodes as [TestNode, TestNode];
  assert.ok(await mayRead(b, member));
  await revoke(a, account, [member.token]);
  for (const node of swarm.nodes) {
    assert.deepEqual(await node.rpc("retrieve", member.retrieve(11)), {
      status: 401,
      body: "retrieve signature verification failed",
    });
    assert.ok((await mayRead(node, member, -11)) && (await mayRead(node, other)));
  }
  assert.equal((await b.rpc("store", member.store(11, "x"))).body, "store signature verification failed");
  assert.equal((await b.rpc("store", member.store(-11, "x"))).body, "store signature verification failed");
  const writer = new Member(account, 3);
  const shortened = async () => (await b.rpc("expire", writer.shorten(["A".repeat(43)]))).status;
  assert.equal(await shortened(), 400);
  await revoke(a, account, [writer.token]);
  assert.equal(await shortened(), 401);
  const deleted = await b.rpc("delete", member.delete(["A".repeat(43)]));
  assert.deepEqual(deleted, { status: 401, body: "delete_msgs signature verification failed" });
  const restored = await b.rpc("unrevoke_subaccount", account.revocation("unrevoke", [member.token, other.token]));
  assert.deepEqual(
    Object.values(restored.body.swarm as Record<string, { count: number }>).map(({ count }) => count),
    [1, 1, 1],
  );
  assert.ok(await mayRead(a, member));
});

test("a revocation outlives the account's last message, and an account needs none", async () => {
  await using swarm = await TestSwarm.start(1, { postgres });
  await becomeWhole(swarm.nodes);
  const [node] = swarm.nodes as [TestNode];
  const account = new TestAccount();
  const member = new Member(account);
  const { body } = await node.rpc("store", account.store("the last one"));
  await revoke(node, account, [member.token]);
  await node.rpc("delete", account.delete([body.hash]));
  node.clock.offsetMs = 40 * 86_400_000;
  await node.service.node.data.expiry.run();
  node.clock.offsetMs = 0;
  assert.equal(await mayRead(node, member), false);
});

test("of an account's revoked tokens the newest 50 are kept, newest first", async () => {
  await using swarm = await TestSwarm.start(1, { postgres });
  await becomeWhole(swarm.nodes);
  const [node] = swarm.nodes as [TestNode];
  const account = new TestAccount();
  const members = Array.from({ length: 51 }, () => new Member(account));
  const tokens = members.map(({ token }) => token);
  await revoke(node, account, tokens.slice(0, 1));
  await revoke(node, account, tokens.slice(1));
  assert.deepEqual([await mayRead(node, members[0]!), await mayRead(node, members[1]!)], [true, false]);
  const timestamp = Date.now();
  const list = await node.rpc("revoked_subaccounts", {
    pubkey: account.id,
    timestamp,
    ...account.signed(`revoked_subaccounts${timestamp}`),
  });
  assert.deepEqual(
    list.body.revoked_subaccounts,
    tokens
      .slice(1)
      .toReversed()
      .map((token) => encodeBase64(token)),
  );
  const tooMany = await node.rpc("revoke_subaccount", account.revocation("revoke", tokens));
  assert.equal(tooMany.status, 400);
  const requests = await node.service.node.data.database.query({ text: "select from revocation_request" });
  assert.equal(requests.rowCount, 1, "a request that nothing refers to is gone");
});

test("a member that was away learns of revocations in their order", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  await becomeWhole(swarm.nodes);
  const [a, b, c] = swarm.nodes as [TestNode, TestNode, TestNode];
  const account = new TestAccount();
  const [gone, back] = [new Member(account), new Member(account)];
  await c.stop();
  await revoke(a, account, [gone.token, back.token]);
  const restored = await b.rpc("unrevoke_subaccount", account.revocation("unrevoke", [back.token]));
  assert.equal(restored.status, 200);
  await c.start();
  await becomeWhole([c]);
  await eventually(async () => {
    assert.deepEqual([await mayRead(c, gone), await mayRead(c, back)], [false, true]);
  }, patience);
  await eventually(async () => assert.equal(await revokedOn(c), 1), patience);
});

test("a member that missed more than was kept for it is brought the revocations too", async () => {
  await using swarm = await TestSwarm.start(3, { postgres, settings: { PENDING_FRAMES: "1" } });
  await becomeWhole(swarm.nodes);
  const [a, , c] = swarm.nodes as [TestNode, TestNode, TestNode];
  await c.stop();
  const accounts = [1, 2, 3].map(() => new TestAccount());
  for (const account of accounts) await revoke(a, account, [new Member(account).token]);
  await c.start();
  await eventually(async () => assert.equal(await revokedOn(c), 3), patience);
});

test("revocations move with the accounts when the swarm changes, and leave the former holders", async () => {
  await using swarm = await TestSwarm.start(2, { postgres });
  const old = [...swarm.nodes];
  await becomeWhole(old);
  const accounts = Array.from({ length: 24 }, () => new TestAccount());
  const members = accounts.map((account) => new Member(account));
  for (const [i, account] of accounts.entries()) await revoke(old[0]!, account, [members[i]!.token]);
  const joined = [await swarm.add(), await swarm.add()];
  swarm.setMap(
    new Map([
      [0n, old],
      [OTHER, joined],
    ]),
  );
  const { current } = old[0]!.view;
  const moved = accounts.filter((each) => {
    const keepers = current.responsible(Buffer.from(each.id, "hex").subarray(1))?.members;
    return keepers?.includes(joined[0]!.pubkey);
  }).length;
  assert.ok(moved > 0 && moved < 24, `${moved} of 24 moved`);
  for (const node of joined) await eventually(async () => assert.equal(await revokedOn(node), moved), patience);
  for (const node of old) await eventually(async () => assert.equal(await revokedOn(node), 24 - moved), patience);
  for (const [i, account] of accounts.entries()) {
    const keepers = current.responsible(Buffer.from(account.id, "hex").subarray(1))?.members;
    const keeper = swarm.nodes.find((node) => keepers?.includes(node.pubkey))!;
    assert.equal(await mayRead(keeper, members[i]!), false);
  }
});

test("a node that is behind learns what was revoked before it answers a member", async () => {
  await using swarm = await TestSwarm.start(4, { postgres });
  const [left, ...right] = swarm.nodes as [TestNode, TestNode, TestNode, TestNode];
  swarm.setMap(
    new Map([
      [0n, [left]],
      [OTHER, right],
    ]),
  );
  await becomeWhole(swarm.nodes);
  const account = accountAt(left, OTHER);
  const [gone, stays] = [new Member(account), new Member(account)];
  await revoke(right[0]!, account, [gone.token]);
  await right[1]!.stop();
  await right[2]!.stop();
  swarm.setMap(new Map([[0n, [left]]]));
  assert.deepEqual([await mayRead(left, gone), await mayRead(left, stays)], [false, true]);
  assert.notEqual(left.service.node.whole.ownState, "whole", "one of three former holders is not enough");
});
