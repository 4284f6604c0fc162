import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accountId, messageHashFromBytes } from "@swarmpost/storage-rpc";
import { doChange } from "../change-executor.ts";
import type { CommitQueue } from "../commit-queue.ts";
import type { ChangeRecord } from "../record.ts";
import { randomAccount, startTestCommits, type TestCommits } from "../testing/test-commits.ts";

/** More than one commit changes. */
const MESSAGES = 2_001;
const day = 86_400_000;
const auth = { signature: Buffer.alloc(64) };
const request = Buffer.from("{}");

let storage: TestCommits;
before(async () => {
  storage = await startTestCommits();
});
after(() => storage[Symbol.asyncDispose]());

async function accountWithMessages(): Promise<Buffer> {
  const account = randomAccount();
  await storage.database.query({
    text: `insert into message select $1, sha256(('h'||i)::bytea), 0, nextval('message_seq'), 1, 1, 1, $2, 1,
             decode(repeat('00', 32), 'hex'), null from generate_series(1, ${MESSAGES}) i`,
    values: [account, Date.now() + day],
  });
  return account;
}

async function count(table: "message" | "change_request", account: Buffer): Promise<number> {
  const text = `select count(*)::int as count from ${table} where account = $1`;
  const { rows } = await storage.database.query<{ count: number }>({ text, values: [account] });
  return rows[0]?.count ?? 0;
}

/** A queue that is gone after so many commits. */
function breaking(after: number): CommitQueue {
  let left = after;
  const guarded = (run: (...given: never[]) => Promise<unknown>) =>
    async function (...given: never[]) {
      left -= 1;
      if (left < 0) throw new Error("gone");
      return run.apply(storage.commits, given);
    };
  const { sweep, reexpire } = storage.commits;
  return { sweep: guarded(sweep), reexpire: guarded(reexpire) } as unknown as CommitQueue;
}

test("a bulk deletion that is broken off is not on record, and does the rest when it comes again", async () => {
  const account = await accountWithMessages();
  const change = { method: "delete_all", account: accountId(account), namespace: "all", timestamp: 1, auth } as const;
  const record = { account, stamp: { ms: Date.now(), node: Buffer.alloc(32) }, change, request };
  await assert.rejects(doChange(record, breaking(1)), /gone/);
  assert.deepEqual([await count("change_request", account), await count("message", account)], [0, 1]);
  await doChange(record, storage.commits);
  assert.deepEqual([await count("change_request", account), await count("message", account)], [1, 0]);
});

test("an expire that is broken off is not on record, and does the rest when it comes again", async () => {
  const account = await accountWithMessages();
  const { rows } = await storage.database.query<{ hash: Buffer }>({
    text: "select hash from message where account = $1 order by hash",
    values: [account],
  });
  const end = Date.now() + 60_000;
  const messages = rows.map(({ hash }) => messageHashFromBytes(hash));
  const asked = { account: accountId(account), messages, expiries: [end], auth };
  const change: ChangeRecord["change"] = { method: "expire", mode: "set", ...asked };
  const record = { account, stamp: { ms: Date.now(), node: Buffer.alloc(32) }, change, request };
  const done = async () => {
    const { rows: moved } = await storage.database.query<{ count: number }>({
      text: "select count(*)::int as count from message where account = $1 and expiry_ms = $2",
      values: [account, end],
    });
    return [await count("change_request", account), moved[0]?.count];
  };
  await assert.rejects(doChange(record, breaking(MESSAGES - 1)), /gone/);
  assert.equal((await done())[0], 0);
  await doChange(record, storage.commits);
  assert.deepEqual(await done(), [1, MESSAGES]);
});
