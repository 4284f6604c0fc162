import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import { createAccount } from "./account.ts";
import { backOffMs } from "./back-off.ts";
import { ClientError } from "./client-error.ts";
import { Deadlines } from "./deadline.ts";
import type { NetworkClock } from "./network-clock.ts";
import { NodePool } from "./node-pool.ts";
import type { NodeRequests, RequestOptions } from "./node-requests.ts";
import type { RpcReply } from "./onion-transport.ts";
import { systemRandom } from "./path.ts";
import type { ServiceNode } from "./service-node.ts";
import { SwarmRequests } from "./swarm-requests.ts";
import type { Swarms } from "./swarms.ts";

// In virtual time: what a node does takes as long as the test says.

const members = Array.from({ length: 7 }, (_, index): ServiceNode => {
  const { pubkey, x25519 } = nodeKeysFromSeed(generateSeed());
  return { pubkey, x25519: x25519.publicKey, ip: `203.0.113.${index}`, httpsPort: 22021, swarmId: 1n };
});
const account = createAccount().id;
let nowMs = 0;

beforeEach(() => {
  nowMs = 0;
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => mock.timers.reset());

/** What a promise comes to, and after how many virtual ms. */
async function settle<T>(promise: Promise<T>): Promise<{ value?: T; error?: unknown; ms: number }> {
  let outcome: { value?: T; error?: unknown } | undefined;
  promise.then(
    (value) => (outcome = { value }),
    (error: unknown) => (outcome = { error }),
  );
  for (let steps = 0; outcome === undefined && steps < 100_000; steps++) {
    await turn();
    if (outcome === undefined) mock.timers.tick(10);
    nowMs += 10;
  }
  return { ...outcome, ms: nowMs };
}

/** A swarm whose members each do `act`. */
function swarmOf(act: (member: ServiceNode, signal: AbortSignal | undefined) => Promise<RpcReply>): SwarmRequests {
  const send = async (member: ServiceNode, _request: unknown, { signal }: RequestOptions) => ({
    reply: await act(member, signal),
    path: { hops: [] as never, builtInMs: 0 },
  });
  const pool = new NodePool(() => nowMs);
  pool.replace(members);
  const parts = {
    requests: { send } as unknown as NodeRequests,
    swarms: { of: () => ({ id: "1", members, size: 7 }) } as unknown as Swarms,
    pool,
    clock: { reset: () => undefined } as unknown as NetworkClock,
    onEvent: () => undefined,
    refreshOnHint: async () => undefined,
  };
  return new SwarmRequests({ random: systemRandom }, parts);
}

function store(swarm: SwarmRequests, signal?: AbortSignal) {
  const make = () => ({ method: "store", params: {} });
  const judge = () => ({ result: "stored" });
  return swarm.ask({ what: "store", account, make, judge, ...(signal && { signal }) }, "not-stored");
}

/** Virtual time. */
async function after(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms);
  await promise;
}

test("members that take long to fail, one after the other, hold a call for its deadline and no longer", async () => {
  const asked: number[] = [];
  const swarm = swarmOf(async (member) => {
    asked.push(nowMs);
    await after(30_000);
    throw new ClientError("path-failed", `node ${member.pubkey.slice(0, 4)} can't be reached: no answer in time`);
  });
  const deadlines = new Deadlines({ defaultMs: 60_000 });
  const { error, ms } = await settle(deadlines.run({}, (signal) => store(swarm, signal)));
  assert.ok(error instanceof ClientError && error.code === "timed-out");
  assert.ok(ms > 59_900 && ms < 60_200, `${ms} ms`);
  assert.equal(asked.length, 2);
  await settle(after(200_000));
  assert.equal(asked.length, 2, "nobody is asked once the call has ended");
});

test("a call that runs out of time while it waits says what it met so far", async () => {
  const swarm = swarmOf(async () => ({ status: 503, text: "no majority", json: undefined }));
  const { error } = await settle(new Deadlines({ defaultMs: 60 }).run({}, (signal) => store(swarm, signal)));
  assert.ok(error instanceof ClientError && error.code === "timed-out");
  assert.match(error.message, /not done within 0.06 s.*\(the store so far: status 503: no majority\)/);
});

test("a call's own deadline goes before the client's, and a caller's signal before both", async () => {
  const deadlines = new Deadlines({ defaultMs: 60_000 });
  const never = (): Promise<never> => new Promise(() => undefined);
  assert.ok((await settle(deadlines.run({ deadlineMs: 500 }, never))).ms < 700);
  nowMs = 0;
  assert.ok((await settle(deadlines.run({}, never, 180_000))).ms > 179_000, "a file has more time");
  nowMs = 0;
  assert.ok((await settle(deadlines.run({ deadlineMs: 500 }, never, 180_000))).ms < 700);
  const stop = new AbortController();
  const call = deadlines.run({ signal: stop.signal }, never);
  stop.abort(new Error("enough"));
  assert.match(String((await settle(call)).error), /enough/);
  await assert.rejects(deadlines.run({ signal: stop.signal }, never), /enough/);
});

test("a call that is done leaves no timer behind, and its signal alone", async () => {
  const deadlines = new Deadlines({ defaultMs: 60_000 });
  let kept: AbortSignal | undefined;
  const { value } = await settle(
    deadlines.run({}, async (signal) => {
      kept = signal;
      return "done";
    }),
  );
  await settle(after(120_000));
  assert.deepEqual([value, kept?.aborted], ["done", false]);
});

test("waits between tries double, differ from client to client, and are bounded", async () => {
  const [least, most] = [() => 0, (bound: number) => bound - 1];
  assert.deepEqual(
    [1, 2, 3, 7, 60].map((attempt) => [backOffMs(attempt, least), backOffMs(attempt, most)]),
    [
      [50, 100],
      [100, 200],
      [200, 400],
      [2_500, 5_000],
      [2_500, 5_000],
    ],
  );
  const times: number[] = [];
  const swarm = swarmOf(async () => {
    times.push(nowMs);
    return { status: 503, text: "no majority", json: undefined };
  });
  const { error } = await settle(store(swarm));
  assert.ok(error instanceof ClientError && error.code === "not-stored");
  const [first, second] = [times[1]! - times[0]!, times[2]! - times[1]!];
  assert.ok(first >= 40 && first <= 120 && second >= 90 && second <= 220, times.join());
});

test("what is under way when a client is closed ends at once, and so does what comes after", async () => {
  const deadlines = new Deadlines({ defaultMs: 60_000 });
  const swarm = swarmOf(async () => ({ status: 503, text: "no majority", json: undefined }));
  const call = deadlines.run({}, (signal) => store(swarm, signal));
  await turn();
  deadlines.close();
  const { error, ms } = await settle(call);
  assert.ok(error instanceof ClientError && error.code === "client-closed" && ms < 100, `${ms} ms`);
  await assert.rejects(
    deadlines.run({}, async () => 1),
    { code: "client-closed" },
  );
  assert.ok(deadlines.untilClosed(undefined).aborted && deadlines.untilClosed(new AbortController().signal).aborted);
});

test("a deadline that no timer can hold is a long one", async () => {
  for (const deadlineMs of [Number.POSITIVE_INFINITY, 2 ** 31]) {
    const { promise, resolve } = Promise.withResolvers<string>();
    const done = new Deadlines({ defaultMs: 1 }).run({ deadlineMs }, () => promise);
    mock.timers.tick(3_600_000);
    await turn();
    await turn();
    resolve("done");
    assert.equal(await done, "done");
  }
});
