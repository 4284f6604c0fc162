import assert from "node:assert/strict";
import { groupAccount, sessionAccount } from "./account.ts";
import type { Line } from "./line.ts";
import {
  assertRefused,
  hashesOf,
  hashOf,
  type Page,
  retrieved,
  signedStore,
  stored,
  unsignedStore,
} from "./messages.ts";
import { signedEntries } from "./swarm-entries.ts";

const outOfRange = "invalid request: Invalid value given for 'namespace': value out of range";
const noInteger = "invalid request: Invalid value given for 'namespace': expected 16-bit integer";

/** test_msg_ns.py of the reference server. */
export function messageNamespaces(line: Line): void {
  line("test_msg_ns.store_ns", async (rpc) => {
    const account = sessionAccount();
    const namespaces = [0, 40, -30, 42, -42, 32_767, -32_768];
    const expected = namespaces.map((ns) => hashOf(account, "abc 123", ns));
    assert.equal(new Set(expected).size, namespaces.length);
    for (const [i, namespace] of namespaces.entries()) {
      const isPublic = namespace % 10 === 0;
      const params = isPublic ? unsignedStore : signedStore;
      const answer = await rpc.call("store", params(account, "abc 123", { namespace }));
      const entries = signedEntries(answer, (entry) => entry["hash"] as string);
      assert.deepEqual([...new Set(entries.map((entry) => entry["hash"]))], [expected[i]]);
    }
    for (const [i, namespace] of namespaces.entries()) {
      assert.deepEqual(hashesOf(await retrieved(rpc, account, { namespace }, rpc.node(3))), [expected[i]]);
    }
    assert.deepEqual(hashesOf(await retrieved(rpc, account, { namespace: 43 })), []);
  });

  line("test_msg_ns.legacy_closed_ns", async (rpc) => {
    const account = sessionAccount();
    const answer = await rpc.call<{ hash: string }>("store", unsignedStore(account, "closed", { namespace: -10 }));
    assert.equal(answer.status, 200);
    const page = await rpc.call<Page>("retrieve", { pubkey: account.id, namespace: -10 }, rpc.node(1));
    assert.deepEqual([page.status, hashesOf(page)], [200, [hashOf(account, "closed", -10)]]);
  });

  line("test_msg_ns.store_invalid_ns", async (rpc) => {
    const account = sessionAccount();
    for (const [namespace, text] of [
      [32_768, outOfRange],
      [-32_769, outOfRange],
      [2 ** 40, outOfRange],
      ["banana", noInteger],
      [3.5, noInteger],
      [true, noInteger],
    ] as const) {
      assertRefused(await rpc.call("store", unsignedStore(account, "abc", { namespace })), 400, text);
    }
  });

  line("test_msg_ns.public_outbox", async (rpc) => {
    const account = groupAccount();
    const now = Date.now();
    const published = async () =>
      (await rpc.call<Page>("retrieve", { pubkey: account.id, namespace: -1 })).body.messages;
    const more = { namespace: -1, timestamp: now };
    assertRefused(
      await rpc.call("store", unsignedStore(account, "first", more)),
      401,
      "store: signature required to store to namespace -1",
    );
    await stored(rpc, account, "first", more);
    assert.deepEqual(
      (await published()).map(({ hash }) => hash),
      [hashOf(account, "first", -1)],
    );
    const second = await stored(rpc, account, "second", { ...more, timestamp: now + 1, ttl: 60_000 });
    const [message, ...others] = await published();
    assert.deepEqual([message?.hash, message?.expiration, others], [second, now + 60_001, []]);
    await stored(rpc, account, "second", { ...more, timestamp: now + 1_000, ttl: 120_000 });
    const [again] = await published();
    assert.deepEqual([again?.hash, again?.timestamp, again?.expiration], [second, now + 1, now + 121_000]);
    await stored(rpc, account, "older", { ...more, timestamp: now - 1_000 });
    assert.deepEqual(
      (await published()).map(({ hash }) => hash),
      [second],
    );
  });
}
