import assert from "node:assert/strict";
import { groupAccount, sessionAccount } from "./account.ts";
import type { Line } from "./line.ts";
import { assertRefused, hashesOf, retrieved, signedParams, stored, storedSeries, written } from "./messages.ts";
import { signedEntries } from "./swarm-entries.ts";

const garbage = "garbageYrzcuCXO3fZkmk/h3xkMQ3vCh94i5HzLmj3I";

/** test_deletes.py of the reference server. */
export function deletes(line: Line): void {
  line("test_deletes.delete_all", async (rpc) => {
    const account = sessionAccount();
    const messages = await storedSeries(rpc, account, 5);
    const timestamp = Date.now();
    const params = signedParams(account, ["delete_all", timestamp], { timestamp });
    const deleted = messages.map(({ hash }) => hash).sort();
    const answer = await rpc.call("delete_all", params, rpc.node(1));
    const entries = signedEntries(answer, () => `${account.id}${timestamp}${deleted.join("")}`);
    for (const entry of entries) assert.deepEqual(entry["deleted"], deleted);
    assert.deepEqual(hashesOf(await retrieved(rpc, account)), []);
  });

  line("test_deletes.delete_all_all", async (rpc) => {
    const account = sessionAccount();
    const messages = await storedSeries(rpc, account, 5);
    const other = await stored(rpc, account, "abc 123", { namespace: -42, ttl: 30_000 });
    const timestamp = Date.now();
    const params = signedParams(account, ["delete_allall", timestamp], { timestamp, namespace: "all" });
    const here = messages.map(({ hash }) => hash).sort();
    const all = [...here, other].sort();
    const answer = await rpc.call("delete_all", params, rpc.node(1));
    const entries = signedEntries(answer, () => `${account.id}${timestamp}${all.join("")}`);
    for (const entry of entries) assert.deepEqual(entry["deleted"], { "0": here, "-42": [other] });
    assert.deepEqual(hashesOf(await retrieved(rpc, account)), []);
    assert.deepEqual(hashesOf(await retrieved(rpc, account, { namespace: -42 })), []);
  });

  line("test_deletes.stale_delete_all", async (rpc) => {
    const account = sessionAccount();
    await storedSeries(rpc, account, 5);
    for (const timestamp of [Date.now() - 120_000, Date.now() + 120_000]) {
      const params = signedParams(account, ["delete_all", timestamp], { timestamp });
      assertRefused(await rpc.call("delete_all", params), 406, "delete_all timestamp too far from current time");
    }
    assert.equal((await retrieved(rpc, account)).messages.length, 5);
  });

  line("test_deletes.delete", async (rpc) => {
    const account = groupAccount("02");
    const messages = await storedSeries(rpc, account, 5);
    const deleted = [messages[1]!.hash, messages[4]!.hash].sort();
    const asked = [...deleted, garbage].sort().toReversed();
    const params = signedParams(account, ["delete", ...asked], { messages: asked });
    const answer = await rpc.call("delete", params, rpc.node(1));
    const entries = signedEntries(answer, () => `${account.id}${asked.join("")}${deleted.join("")}`);
    for (const entry of entries) assert.deepEqual(entry["deleted"], deleted);
    assert.equal((await retrieved(rpc, account)).messages.length, 3);
  });

  line("test_deletes.delete_required", async (rpc) => {
    const account = groupAccount("02");
    const messages = (await storedSeries(rpc, account, 2)).map(({ hash }) => hash).sort();
    const asked = [...messages, garbage];
    const params = signedParams(account, ["delete", ...asked], { messages: asked, required: true });
    const signed = (deleted: readonly string[]) => () => `${account.id}${asked.join("")}${deleted.join("")}`;
    signedEntries(await rpc.call("delete", params, rpc.node(1)), signed(messages));
    const again = signedEntries(await rpc.call("delete", params, rpc.node(1)), signed([]), 404);
    for (const entry of again) assert.deepEqual(entry["deleted"], []);
    const { required: _, ...optional } = params;
    signedEntries(await rpc.call("delete", optional, rpc.node(1)), signed([]));
  });

  line("test_deletes.delete_before", async (rpc) => {
    const account = sessionAccount();
    // Each a second before the one before it.
    const messages = await storedSeries(rpc, account, 10);
    const phase = async (before: number, gone: readonly number[], left: number, namespace?: "all") => {
      const params = signedParams(account, ["delete_before", written(namespace), before], { before, namespace });
      const deleted = gone.map((i) => messages[i]!.hash).sort();
      const answer = await rpc.call("delete_before", params, rpc.node(left));
      const entries = signedEntries(answer, () => `${account.id}${before}${deleted.join("")}`);
      const listed = namespace === undefined ? deleted : { "0": deleted };
      for (const entry of entries) assert.deepEqual(entry["deleted"], listed);
      assert.equal((await retrieved(rpc, account)).messages.length, left);
    };
    await phase(messages[8]!.timestamp, [8, 9], 8);
    await phase(messages[7]!.timestamp - 1, [], 8);
    await phase(messages[4]!.timestamp, [4, 5, 6, 7], 4, "all");
    await phase(messages[1]!.timestamp, [1, 2, 3], 1);
    await phase(messages[0]!.timestamp + 1, [0], 0);
    const before = Date.now() + 120_000;
    const future = signedParams(account, ["delete_before", before], { before });
    assertRefused(await rpc.call("delete_before", future), 401, "delete_before timestamp too far in the future");
  });
}
