import assert from "node:assert/strict";
import { encodeBase64 } from "@swarmpost/encoding";
import { groupAccount, sessionAccount } from "./account.ts";
import type { Line } from "./line.ts";
import {
  assertRefused,
  hashesOf,
  hashOf,
  type Page,
  retrieved,
  signedRetrieve,
  signedStore,
  stored,
  unsignedStore,
} from "./messages.ts";
import { signedEntries } from "./swarm-entries.ts";

/** test_store_retrieve.py of the reference server. */
export function storeRetrieve(line: Line): void {
  line("test_store_retrieve.store", async (rpc) => {
    const account = sessionAccount();
    const params = signedStore(account, "abc 123");
    const answer = await rpc.call<{ hash: string }>("store", params);
    const hash = hashOf(account, "abc 123");
    const entries = signedEntries(answer, (entry) => entry["hash"] as string);
    assert.deepEqual([...new Set(entries.map((entry) => entry["hash"]))], [hash]);
    assert.equal(answer.body.hash, hash);
    for (const entry of entries) assert.equal(entry["expiry"], Number(params["timestamp"]) + 86_400_000);
    assert.equal(entries.filter((entry) => typeof entry["t"] === "number").length, 1);
  });

  line("test_store_retrieve.retrieve_unauthenticated", async (rpc) => {
    const account = sessionAccount();
    await stored(rpc, account, "abc 123");
    assertRefused(await rpc.call("retrieve", { pubkey: account.id }), 401, "retrieve: request signature required");
  });

  line("test_store_retrieve.retrieve_authenticated", async (rpc) => {
    for (const account of [sessionAccount(), groupAccount()]) {
      const hash = await stored(rpc, account, "abc 123");
      const page = await retrieved(rpc, account, {}, rpc.node(1));
      assert.deepEqual(hashesOf(page), [hash]);
      assert.equal(page.messages[0]?.data, encodeBase64(Buffer.from("abc 123")));
      assert.deepEqual([page.more, page.hf.length], [false, 2]);
      const good = signedRetrieve(account);
      const wrong = { ...good, signature: account.sign("retrieve", 1_700_000_000_000) };
      assertRefused(await rpc.call("retrieve", wrong), 401, "retrieve signature verification failed");
      const { signature: _, ...unsigned } = good;
      assertRefused(await rpc.call("retrieve", unsigned), 400, "invalid request: Required field 'signature' missing");
    }
  });

  line("test_store_retrieve.retrieve_multiple", async (rpc) => {
    const account = sessionAccount();
    const hashes: string[] = [];
    for (const text of ["one", "two", "three", "four"]) hashes.push(await stored(rpc, account, text));
    const after = async (last_hash: string) => hashesOf(await retrieved(rpc, account, { last_hash }, rpc.node(2)));
    assert.deepEqual(hashesOf(await retrieved(rpc, account, {}, rpc.node(2))), hashes);
    for (const [i, hash] of hashes.entries()) assert.deepEqual(await after(hash), hashes.slice(i + 1));
    assert.deepEqual(await after("A".repeat(43)), hashes);
    assert.deepEqual(await after(""), hashes);
  });

  line("test_store_retrieve.store_sig_timestamp", async (rpc) => {
    const account = sessionAccount();
    const early = Date.now() - 3_600_000;
    const params = { namespace: 42, timestamp: early, sig_timestamp: Date.now() };
    const hash = await stored(rpc, account, "late delivery", params);
    const [message] = (await retrieved(rpc, account, { namespace: 42 })).messages;
    assert.deepEqual([message?.hash, message?.timestamp], [hash, early]);
    const stale = await rpc.call("store", signedStore(account, "late delivery", { namespace: 42, timestamp: early }));
    assertRefused(stale, 406, "store signature timestamp too far from current time");
    const fallback = await rpc.call("store", signedStore(account, "now", { namespace: 42 }));
    assert.equal(fallback.status, 200);
    const unsigned = await rpc.call<Page>("store", unsignedStore(account, "now", { namespace: 42 }));
    assertRefused(unsigned, 401, "store: signature required to store to namespace 42");
  });
}
