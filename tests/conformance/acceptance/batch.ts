import assert from "node:assert/strict";
import { sessionAccount } from "./account.ts";
import type { Line } from "./line.ts";
import {
  assertRefused,
  hashesOf,
  hashOf,
  type Page,
  signedParams,
  signedRetrieve,
  signedStore,
  unsignedStore,
} from "./messages.ts";
import { signedEntries, type SwarmBody } from "./swarm-entries.ts";

interface Results {
  readonly results: readonly { readonly code: number; readonly body: unknown }[];
}

const store = (params: object) => ({ method: "store", params });
const retrieve = (params: object) => ({ method: "retrieve", params });

/** test_batch.py of the reference server. */
export function batch(line: Line): void {
  line("test_batch.batch_json", async (rpc) => {
    const account = sessionAccount();
    const requests = [
      store(signedStore(account, "abc 123", { namespace: 42 })),
      store(signedStore(account, "xyz 123", { namespace: 42 })),
      retrieve({ pubkey: account.id, namespace: -10 }),
      { method: "info", params: {} },
      retrieve({ pubkey: account.id }),
    ];
    const { status, body } = await rpc.call<Results>("batch", { requests });
    assert.equal(status, 200);
    assert.deepEqual(
      body.results.map(({ code }) => code),
      [200, 200, 200, 200, 401],
    );
    for (const [i, text] of ["abc 123", "xyz 123"].entries()) {
      const stored = { status: 200, body: body.results[i]?.body };
      const hashes = signedEntries(stored, (entry) => entry["hash"] as string).map((entry) => entry["hash"]);
      assert.deepEqual([...new Set(hashes)], [hashOf(account, text, 42)]);
    }
    assert.deepEqual((body.results[2]!.body as Page).messages, []);
    assert.equal(body.results[4]?.body, "retrieve: request signature required");
    const twenty = Array.from({ length: 20 }, () => ({ method: "info", params: {} }));
    assert.equal((await rpc.call<Results>("batch", { requests: twenty })).body.results.length, 20);
    for (const [given, text] of [
      [[...twenty, ...twenty.slice(0, 1)], "Invalid batch request: subrequest limit exceeded"],
      [[], 'Invalid batch request: no valid "requests" field'],
      [[{ method: "info" }], "Invalid batch request: subrequests must have method/params keys"],
      [[{ method: "nope", params: {} }], 'Invalid batch subrequest: invalid method "nope"'],
    ] as const) {
      assertRefused(await rpc.call("batch", { requests: given }), 400, `invalid request: ${text}`);
    }
  });

  line("test_batch.sequence", async (rpc) => {
    const account = sessionAccount();
    const ts = Date.now();
    const deleteAll = signedParams(account, ["delete_all", 42, ts], { namespace: 42, timestamp: ts });
    const read = () => retrieve(signedRetrieve(account, { namespace: 42 }));
    const requests = [
      store(signedStore(account, "abc 123", { namespace: 42 })),
      read(),
      store(signedStore(account, "xyz 123", { namespace: 42 })),
      read(),
      { method: "delete_all", params: deleteAll },
      read(),
    ];
    const { status, body } = await rpc.call<Results>("sequence", { requests });
    assert.equal(status, 200);
    assert.deepEqual(
      body.results.map(({ code }) => code),
      [200, 200, 200, 200, 200, 200],
    );
    const [one, two] = [hashOf(account, "abc 123", 42), hashOf(account, "xyz 123", 42)];
    const seen = (i: number) => hashesOf(body.results[i]!.body as Page);
    assert.deepEqual([seen(1), seen(3), seen(5)], [[one], [one, two], []]);
    const deleted = Object.values((body.results[4]!.body as SwarmBody).swarm).map((entry) => entry["deleted"]);
    assert.deepEqual(deleted[0], [one, two].sort());
  });

  line("test_batch.failing_sequence", async (rpc) => {
    const account = sessionAccount();
    const requests = [
      store(unsignedStore(account, "public")),
      store({ ...signedStore(account, "abc", { namespace: 42 }), signature: account.sign("else") }),
      { method: "info", params: {} },
    ];
    const sequence = await rpc.call<Results>("sequence", { requests });
    assert.deepEqual(
      sequence.body.results.map(({ code }) => code),
      [200, 401],
    );
    assert.equal(sequence.body.results[1]?.body, "store signature verification failed");
    const batched = await rpc.call<Results>("batch", { requests });
    assert.deepEqual(
      batched.body.results.map(({ code }) => code),
      [200, 401, 200],
    );
  });
}
