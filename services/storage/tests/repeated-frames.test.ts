import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pubkeyBytes } from "@swarmpost/crypto";
import { decodeChangeRequest } from "../change-request.ts";
import { requestHashes } from "../delete-request.ts";
import { decodeOutcome } from "../outcome-codec.ts";
import type { ReplicaRecord } from "../record.ts";
import { KIND } from "../replica-kinds.ts";
import { AGAIN } from "../replicate-method.ts";
import { decodeRevocationRequest, revocationChange } from "../revocation-request.ts";
import { askAs, frameTo } from "../testing/peer-requests.ts";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const day = 86_400_000;

let swarm: TestSwarm;
let entry: TestNode;
let member: TestNode;
before(async () => {
  swarm = await TestSwarm.start(3);
  [entry, member] = swarm.nodes as [TestNode, TestNode];
});
after(() => swarm[Symbol.asyncDispose]());

/** A request as the entry node sends it. */
function record(account: TestAccount, method: string, params: object, laterMs = 0): ReplicaRecord {
  const key = Buffer.from(account.id, "hex");
  const request = Buffer.from(JSON.stringify({ method, params }));
  const common = { account: key, stamp: { ms: Date.now() + laterMs, node: pubkeyBytes(entry.pubkey) }, request };
  if (method === "delete") return { kind: "delete", ...common, hashes: requestHashes(request, key) };
  if (method.endsWith("_subaccount")) {
    return { kind: "revocation", ...common, ...revocationChange(decodeRevocationRequest(request, key)) };
  }
  return { kind: "change", ...common, change: decodeChangeRequest(request, key) };
}

async function sent(each: ReplicaRecord, flags = 0) {
  return decodeOutcome(await askAs(entry, member, KIND.replicate, frameTo(member, each, flags)));
}

async function stored(account: TestAccount, text: string): Promise<string> {
  const { status, body } = await entry.rpc("store", account.store(text));
  assert.equal(status, 200);
  return body.hash;
}

/** Every kind of request whose reply names messages, on two of them. */
const requests: Record<string, (account: TestAccount, hashes: readonly string[]) => [string, object]> = {
  "an extension": (account, hashes) => ["expire", account.expire(hashes, Date.now() + 9 * day, "extend")],
  "a shortening": (account, hashes) => ["expire", account.expire(hashes, Date.now() + 60_000, "shorten")],
  "an expire_all": (account) => ["expire_all", account.expireAll(Date.now() + 60_000, "all")],
  "a delete_all": (account) => ["delete_all", account.deleteAll("all")],
  "a delete_before": (account) => ["delete_before", account.deleteBefore(Date.now() + 5_000, "all")],
  "a delete": (account, hashes) => ["delete", account.delete(hashes)],
};

for (const [name, request] of Object.entries(requests)) {
  test(`a member that gets the same frame of ${name} again answers as before`, async () => {
    const account = new TestAccount();
    const hashes = [await stored(account, "one"), await stored(account, "two")];
    const frame = record(account, ...request(account, hashes), 10);
    const first = await sent(frame);
    assert.deepEqual(await sent(frame), first);
    const named = first.kind === "changed" ? first.hits : first.kind === "deleted" ? first.hashes : [];
    assert.equal(named.length, 2);
  });
}

test("a member that gets the same frame of an unrevocation again answers as before", async () => {
  const account = new TestAccount();
  await sent(record(account, "revoke_subaccount", account.revocation("revoke", [account.token()]), 10));
  const frame = record(account, "unrevoke_subaccount", account.revocation("unrevoke", [account.token()]), 20);
  const first = await sent(frame);
  assert.equal(first.kind === "revoked" && first.restored, 1);
  assert.deepEqual(await sent(frame), first);
});

test("a delete that comes again with a later stamp names also what it deleted with the first", async () => {
  const account = new TestAccount();
  const early = await stored(account, "early");
  const params = account.delete([early, await stored(account, "late")]);
  const first = record(account, "delete", params, 10);
  await entry.rpc("store", account.store("late"));
  await sent(first);
  const again = await sent(record(account, "delete", params, 2_000), AGAIN);
  assert.equal(again.kind === "deleted" ? again.hashes.length : 0, 2);
});

test("a client that asks the same once more is told what that did", async () => {
  const account = new TestAccount();
  const params = account.delete([await stored(account, "once")]);
  await sent(record(account, "delete", params, 10));
  const second = await sent(record(account, "delete", params, 20));
  assert.deepEqual(second.kind === "deleted" && second.hashes, []);
});
