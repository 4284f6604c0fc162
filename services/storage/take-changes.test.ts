import assert from "node:assert/strict";
import { test } from "node:test";
import { ed25519PublicToX25519 } from "@swarmpost/crypto";
import { requestId } from "./change.ts";
import { decodeChangeRequest } from "./change-request.ts";
import type { ChangeTable } from "./change-table.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { takeChanges } from "./take-changes.ts";
import { TestAccount } from "./testing/test-account.ts";

const now = Date.now();
const node = Buffer.alloc(32, 1);

function record(account: TestAccount, params = account.deleteAll("all", now)) {
  const key = Buffer.from(account.id, "hex");
  const request = Buffer.from(JSON.stringify({ method: "delete_all", params }));
  const change = decodeChangeRequest(request, key);
  return { kind: "change" as const, account: key, stamp: { ms: now, node }, change, request, id: requestId(request) };
}

test("a page of changes is taken in parts, and each has its answer in its place", async () => {
  const accounts = Array.from({ length: 100 }, () => new TestAccount());
  const records = accounts.map((account) => record(account));
  const [stranger, known, forged] = [20, 40, 60];
  records[forged] = record(accounts[forged]!, {
    ...accounts[forged]!.deleteAll("all", now),
    ...accounts[0]!.signed("x"),
  });
  let running = 0;
  let most = 0;
  const swept: Buffer[] = [];
  const sweep: CommitQueue["sweep"] = async ({ account }) => {
    most = Math.max(most, ++running);
    swept.push(account);
    await new Promise(setImmediate);
    running--;
    return { hits: [], beatenMs: 0, next: undefined };
  };
  const holds: ChangeTable["holds"] = async (keys) => keys.map((_, i) => i === known);
  const taken = await takeChanges(records, {
    clock: { now: () => now },
    keeps: (account) => account !== records[stranger]!.account,
    convert: ed25519PublicToX25519,
    commits: { sweep } as CommitQueue,
    changes: { holds } as ChangeTable,
  });
  const expected = records.map((_, i) => i !== stranger && i !== forged);
  assert.deepEqual(taken, expected);
  assert.equal(swept.length, 97);
  assert.ok(most > 1 && most <= 16, `${most} at once`);
});
