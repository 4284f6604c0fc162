import assert from "node:assert/strict";
import { test } from "node:test";
import { connectKubernetes } from "./client.ts";
import { KubernetesError } from "./errors.ts";
import { LeaseLock } from "./lease-lock.ts";
import { startApiServer, type TestApiServer } from "./testing/index.ts";

/** A Lease that several want; each has clocks of its own. */
async function start() {
  const server = await startApiServer("net");
  server.objects.put("leases", { metadata: { name: "lead" } });
  const kubernetes = await connectKubernetes({ namespace: "net", kubeconfig: server.kubeconfig });
  return {
    server,
    lock(identity: string, wallMs = 0) {
      const time = { now: 0 };
      const options = { lease: "lead", identity, durationMs: 15_000 };
      const lock = new LeaseLock(options, { kubernetes, monotonic: () => time.now, wall: () => wallMs + time.now });
      return { time, lock };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const specOf = (server: TestApiServer) => server.objects.get("leases", "lead")?.spec as Record<string, unknown>;

test("a free Lease is taken, renewed without a new term, and kept from others", async () => {
  await using made = await start();
  const a = made.lock("a", 1_000_000);
  const b = made.lock("b");
  assert.equal(await a.lock.tryHold(), true);
  assert.equal(await b.lock.tryHold(), false);
  a.time.now = 5_000;
  assert.equal(await a.lock.tryHold(), true);
  assert.equal(a.lock.renewedAt, 5_000);
  assert.deepEqual(specOf(made.server), {
    holderIdentity: "a",
    leaseDurationSeconds: 15,
    leaseTransitions: 1,
    acquireTime: "1970-01-01T00:16:40.000000Z",
    renewTime: "1970-01-01T00:16:45.000000Z",
  });
});

test("a Lease runs out by the time that it was seen unchanged, whatever the holder's clock says", async () => {
  await using made = await start();
  const a = made.lock("a", 10 * 365 * 86_400_000); // far in b's future
  const b = made.lock("b");
  await a.lock.tryHold();
  assert.equal(await b.lock.tryHold(), false);
  b.time.now = 14_999;
  assert.equal(await b.lock.tryHold(), false);
  a.time.now = 1; // the slowest clock there is
  await a.lock.tryHold();
  b.time.now = 29_998;
  assert.equal(await b.lock.tryHold(), false, "seen renewed at 14,999 at the earliest");
  b.time.now += 15_000;
  assert.equal(await b.lock.tryHold(), true);
  assert.equal(await a.lock.tryHold(), false, "the earlier holder learns that it lost");
  assert.equal(a.lock.renewedAt, Number.NEGATIVE_INFINITY);
  assert.equal(specOf(made.server).leaseTransitions, 2);
});

test("of two who take a Lease that ran out only one gets it", async () => {
  await using made = await start();
  const gone = made.lock("gone");
  await gone.lock.tryHold();
  const others = Array.from({ length: 6 }, (_, index) => made.lock(`other-${index}`));
  for (const { lock } of others) assert.equal(await lock.tryHold(), false);
  for (const { time } of others) time.now = 15_000;
  const held = await Promise.all(others.map(({ lock }) => lock.tryHold()));
  assert.equal(held.filter(Boolean).length, 1);
});

test("a Lease that was given back is free at once; another's is not given back", async () => {
  await using made = await start();
  const a = made.lock("a");
  const b = made.lock("b");
  await a.lock.tryHold();
  await b.lock.release();
  assert.equal(await b.lock.tryHold(), false);
  await a.lock.release();
  assert.equal(specOf(made.server).holderIdentity, undefined);
  assert.equal(await b.lock.tryHold(), true);
});

test("a write whose answer was lost is recognised as the own", async () => {
  await using made = await start();
  const a = made.lock("a");
  await a.lock.tryHold();
  const { resourceVersion } = made.server.objects.get("leases", "lead")!.metadata;
  made.server.fault = ({ verb }) => {
    if (verb !== "update") return undefined;
    made.server.fault = () => undefined;
    return { status: 409 };
  };
  assert.equal(await a.lock.tryHold(), true);
  assert.equal(made.server.objects.get("leases", "lead")!.metadata.resourceVersion, resourceVersion);
});

test("a Lease counts from when it was asked for, however long the answer takes", async () => {
  await using made = await start();
  const a = made.lock("a");
  made.server.fault = ({ verb }) => {
    if (verb === "update") a.time.now += 4_000;
    return undefined;
  };
  assert.equal(await a.lock.tryHold(), true);
  assert.equal(a.lock.renewedAt, 0);
  assert.equal(await a.lock.tryHold(), true);
  assert.equal(a.lock.renewedAt, 4_000);
});

test("a Lease that a late write won is held from a moment that is known", async () => {
  await using made = await start();
  const a = made.lock("a");
  made.server.fault = ({ verb }) => {
    if (verb !== "update") return undefined;
    made.server.fault = () => undefined;
    // An earlier attempt, which the caller gave up on, is carried out only now.
    made.server.objects.put("leases", {
      metadata: { name: "lead" },
      spec: { holderIdentity: "a", leaseDurationSeconds: 15, leaseTransitions: 1 },
    });
    return { status: 409 };
  };
  a.time.now = 7_000;
  assert.equal(await a.lock.tryHold(), true);
  assert.equal(a.lock.renewedAt, 7_000);
});

test("an API that cannot tell is an error, not a loss", async () => {
  await using made = await start();
  const a = made.lock("a");
  await a.lock.tryHold();
  made.server.fault = () => ({ status: 500 });
  await assert.rejects(a.lock.tryHold(), (error) => error instanceof KubernetesError && error.code === "unavailable");
  assert.equal(a.lock.renewedAt, 0);
});
