import assert from "node:assert/strict";
import type { ServiceNode } from "@swarmpost/client";
import { encodeBase64 } from "@swarmpost/encoding";
import { groupAccount, member, type Signer, sessionAccount } from "./account.ts";
import type { Answer, Caller } from "./caller.ts";
import type { Line } from "./line.ts";
import { assertRefused, hashesOf, type Page, signedParams, signedRetrieve, stored } from "./messages.ts";

const WAIT_MS = 15_000;
/** Readers hear of a message in far less, but for a machine that is busy with other things. */
const SOON_MS = 1_000;

interface Batch {
  readonly results: readonly { readonly code: number; readonly body: Page | string }[];
}

/** A signed `retrieve` that waits. */
function waiting(account: Signer, more: object = {}): Record<string, unknown> {
  return { ...signedRetrieve(account, more), wait: WAIT_MS };
}

/** Does something while a request waits, and gives its answer. @param rpc the caller that sent the request. */
async function answeredBy<Body>(
  request: Promise<Answer<Body>>,
  rpc: Caller,
  act: () => Promise<unknown>,
): Promise<Answer<Body>> {
  let early = false;
  void request.then(() => (early = true));
  // Who does not wait has answered by the time at which later questions are answered.
  for (let i = 0; i < 3; i++) await rpc.call("info", {}, rpc.node(i));
  assert.equal(early, false, "answered before there was anything to tell");
  await act();
  const acted = performance.now();
  const answer = await request;
  assert.ok(performance.now() - acted < SOON_MS, `${Math.round(performance.now() - acted)} ms`);
  return answer;
}

/** test_monitor.py of the reference server, whose subscriptions need another transport: here by waiting (long-poll.md). */
export function monitor(line: Line): void {
  const wakes = async (rpc: Caller, reader: Signer, owner: Signer, node: ServiceNode) => {
    const request = rpc.call<Page>("retrieve", waiting(reader), node);
    const answer = await answeredBy(request, rpc, () => stored(rpc, owner, "wake up"));
    assert.equal(answer.body.messages[0]?.data, encodeBase64(Buffer.from("wake up")));
  };

  line("test_monitor.reg_ed", async (rpc) => {
    const account = groupAccount("00");
    await wakes(rpc, account, account, rpc.node(0));
    const wrong = { ...waiting(account), signature: account.sign("retrieve", 1) };
    assertRefused(await rpc.call("retrieve", wrong), 401, "retrieve signature verification failed");
  });

  line("test_monitor.reg_session", async (rpc) => {
    const account = sessionAccount();
    await wakes(rpc, account, account, rpc.node(1));
    const { pubkey_ed25519: _, ...without } = waiting(account);
    assertRefused(await rpc.call("retrieve", without), 401, "retrieve signature verification failed");
  });

  line("test_monitor.reg_subaccount", async (rpc) => {
    const account = groupAccount();
    const reader = member(account, ["read"]);
    await wakes(rpc, reader, account, rpc.node(2));
    const writer = waiting(member(account, ["write"]));
    assertRefused(await rpc.call("retrieve", writer), 401, "retrieve signature verification failed");
    const request = rpc.call("retrieve", waiting(reader, { last_hash: hashesOf(await page(rpc, reader))[0] }));
    const params = { revoke: encodeBase64(reader.token), timestamp: Date.now() };
    const signed = signedParams(account, ["revoke_subaccount", params.timestamp, reader.token], params);
    const refused = await answeredBy(request, rpc, () => rpc.call("revoke_subaccount", signed, rpc.node(1)));
    assertRefused(refused, 401, "retrieve signature verification failed");
  });

  line("test_monitor.push", async (rpc) => {
    const account = sessionAccount();
    const started = performance.now();
    // On three members at once, only one of which takes the store; and in a namespace in which nothing happens.
    const requests = [0, 1, 2].map((i) => rpc.call<Page>("retrieve", waiting(account), rpc.node(i)));
    const quiet = rpc.call<Page>("retrieve", { ...signedRetrieve(account, { namespace: 3 }), wait: 2_000 });
    let hash = "";
    const all = Promise.all(requests).then((answers) => ({ status: 200, body: answers }));
    const { body } = await answeredBy(all, rpc, async () => (hash = await stored(rpc, account, "for all to see")));
    for (const answer of body) assert.deepEqual(hashesOf(answer), [hash]);
    assert.deepEqual([(await quiet).status, (await quiet).body.messages], [200, []]);
    assert.ok(performance.now() - started >= 2_000, "the other wait lasts its time");
    assert.ok(Math.abs((await quiet).body.t - Date.now()) < 10_000);
  });

  line("test_monitor.multi", async (rpc) => {
    const [one, two] = [sessionAccount(), groupAccount()];
    const each = (account: Signer, namespace: number) => ({
      method: "retrieve",
      params: waiting(account, { namespace }),
    });
    const requests = [each(one, 0), each(one, 2), each(two, 11)];
    const store = () => stored(rpc, two, "to the group", { namespace: 11 });
    const { body } = await answeredBy(rpc.call<Batch>("batch", { requests }), rpc, store);
    assert.deepEqual(
      body.results.map((result) => [result.code, (result.body as Page).messages.length]),
      [
        [200, 0],
        [200, 0],
        [200, 1],
      ],
    );
    const wrong = { method: "retrieve", params: { ...waiting(one, { namespace: 2 }), signature: one.sign("wrong") } };
    const mixed = await rpc.call<Batch>("batch", { requests: [each(one, 0), wrong] });
    assert.deepEqual(
      mixed.body.results.map(({ code }) => code),
      [200, 401],
    );
    const long = { ...waiting(one), wait: 20_001 };
    const text = "invalid request: Invalid value given for 'wait': value out of range";
    assertRefused(await rpc.call("retrieve", long), 400, text);
  });
}

async function page(rpc: Caller, reader: Signer): Promise<Page> {
  const { status, body } = await rpc.call<Page>("retrieve", signedRetrieve(reader));
  assert.equal(status, 200);
  return body;
}
