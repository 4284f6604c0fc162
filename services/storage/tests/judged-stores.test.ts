import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accountId } from "@swarmpost/storage-rpc";
import { doChange } from "../change-executor.ts";
import { randomAccount, startTestCommits, type TestCommits } from "../testing/test-commits.ts";

const day = 86_400_000;
const auth = { signature: Buffer.alloc(64) };

let storage: TestCommits;
before(async () => {
  storage = await startTestCommits();
});
after(() => storage[Symbol.asyncDispose]());

function message(account: Buffer, stampMs: number) {
  const stamp = { ms: stampMs, node: Buffer.alloc(32) };
  const times = { timestampMs: stampMs, expiryMs: stampMs + 9 * day, stamp };
  const hash = Buffer.alloc(32, 7);
  return { kind: "store" as const, account, namespace: 0, hash, ...times, auth: undefined, data: Buffer.from("kept") };
}

test("a message that a later change shortened is superseded, and wakes its readers all the same, once", async () => {
  const account = randomAccount();
  const now = Date.now();
  const asked = { account: accountId(account), namespace: "all" as const, expiry: now + day, auth };
  const stamp = { ms: now + 20, node: Buffer.alloc(32) };
  const change = { method: "expire_all" as const, ...asked };
  await doChange({ account, stamp, change, request: Buffer.from("{}") }, storage.commits);
  const superseded = { outcome: "superseded", stampMs: now + 20 };
  assert.deepEqual(await storage.commits.store(message(account, now)), { ...superseded, isNew: true });
  assert.deepEqual(await storage.commits.store(message(account, now)), { ...superseded, isNew: false });
  assert.equal((await storage.commits.store(message(account, now + 30))).outcome, "stored");
  assert.deepEqual(storage.woken, [account.toString("hex")]);
});

test("a message that a later deletion hits wakes nobody", async () => {
  const account = randomAccount();
  const now = Date.now();
  const stamp = { ms: now + 20, node: Buffer.alloc(32) };
  const asked = { account: accountId(account), namespace: "all" as const, timestamp: now, auth };
  const change = { method: "delete_all" as const, ...asked };
  await doChange({ account, stamp, change, request: Buffer.from("{}") }, storage.commits);
  const result = await storage.commits.store(message(account, now));
  assert.deepEqual(result, { outcome: "superseded", stampMs: now + 20, isNew: false });
  assert.ok(!storage.woken.includes(account.toString("hex")));
});
