import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import {
  clusterTlsConfig,
  createRuntime,
  defineConfig,
  parseConfig,
  type Runtime,
  silentLogger,
} from "@swarmpost/runtime";
import { eventually } from "@swarmpost/testkit";
import { elected } from "./elected.ts";
import { electionConfig } from "./election-config.ts";
import { type ApiObject, startApiServer, type TestApiServer } from "./testing/index.ts";

const schema = defineConfig({ ...electionConfig, ...clusterTlsConfig });
const env = {
  LEASE_NAME: "lead",
  POD_NAMESPACE: "net",
  LEASE_DURATION_MS: "2000",
  LEASE_RENEW_MS: "1200",
  LEASE_RETRY_MS: "150",
};
const labels = { "app.kubernetes.io/instance": "net", "app.kubernetes.io/component": "sample" };

async function start(context: TestContext): Promise<TestApiServer> {
  const server = await startApiServer("net");
  server.objects.put("leases", { metadata: { name: "lead" } });
  const before = process.env.KUBECONFIG;
  process.env.KUBECONFIG = server.kubeconfig;
  context.after(async () => {
    if (before === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = before;
    await server[Symbol.asyncDispose]();
  });
  return server;
}

/** One pod of an elected service whose work is to be seen. */
class Pod implements AsyncDisposable {
  readonly name: string;
  readonly runtime: Runtime;
  readonly #env: Record<string, string>;
  readonly #ending = new AbortController();
  working = false;
  failure: { error: unknown; withinMs: number } | undefined;
  #candidate: AsyncDisposable | undefined;

  constructor(
    server: TestApiServer,
    name: string,
    podLabels: Record<string, string> = {},
    settings: Record<string, string> = {},
  ) {
    this.name = name;
    this.#env = { ...env, ...settings, POD_NAME: name };
    server.objects.put("pods", { metadata: { name, labels: { ...labels, ...podLabels } } });
    const fail = (error: unknown, withinMs: number): void => void (this.failure = { error, withinMs });
    this.runtime = createRuntime("sample", { logger: silentLogger, fail, signal: this.#ending.signal });
  }

  /** Fires when its process begins to end. */
  get stop(): AbortSignal {
    return this.#ending.signal;
  }

  /** What the runtime does once it was told of a failure. */
  end(): void {
    this.#ending.abort();
  }

  async start(create?: () => Promise<AsyncDisposable>): Promise<this> {
    const work = async () => {
      this.working = true;
      return { [Symbol.asyncDispose]: async () => void (this.working = false) };
    };
    this.#candidate = await elected<typeof schema>(create ?? work)(parseConfig(schema, this.#env), this.runtime);
    return this;
  }

  async metric(name: string): Promise<number> {
    const line = (await this.runtime.metrics.render()).split("\n").find((each) => each.startsWith(`${name} `));
    return Number(line?.split(" ")[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#candidate?.[Symbol.asyncDispose]();
    this.#candidate = undefined;
  }
}

const leaders = (server: TestApiServer): string[] =>
  server.objects
    .list("pods")
    .filter(({ metadata }: ApiObject) => metadata.labels?.["swarmpost.dev/role"] === "leader")
    .map(({ metadata }) => metadata.name);

test("one pod works and has the label, the other is a ready standby that takes over at once when told to", async (context) => {
  const server = await start(context);
  await using first = new Pod(server, "first");
  await using second = new Pod(server, "second");
  await first.start();
  await eventually(() => first.working && leaders(server).includes("first"));
  assert.equal(await first.metric("swarmpost_sample_leader_state"), 1);
  await second.start();
  assert.deepEqual([second.runtime.health.ready, second.working], [true, false]);
  assert.equal(await second.metric("swarmpost_sample_leader_state"), 0);
  await first[Symbol.asyncDispose]();
  const stoppedAt = performance.now();
  await eventually(() => second.working && leaders(server).join() === "second");
  assert.ok(performance.now() - stoppedAt < 1_500, "sooner than a Lease that nobody gave back runs out");
});

test("nobody else leads while the service of a leader that was told to stop still works", async (context) => {
  const server = await start(context);
  const gone = Promise.withResolvers<void>();
  const patient = { LEASE_DURATION_MS: "5000", LEASE_RENEW_MS: "4000" };
  await using first = new Pod(server, "first", {}, patient);
  await first.start(async () => ({ [Symbol.asyncDispose]: () => gone.promise }));
  await eventually(() => leaders(server).includes("first"));
  await using second = await new Pod(server, "second", {}, patient).start();
  using end = new DisposableStack();
  end.defer(gone.resolve);
  const stopping = first[Symbol.asyncDispose]();
  const before = server.count("get", "leases");
  // Long enough for the Lease to run out, were it not renewed until the service has ended.
  await eventually(() => server.count("get", "leases") >= before + 110, { timeoutMs: 60_000 });
  assert.equal(second.working, false);
  gone.resolve();
  await stopping;
  await eventually(() => second.working);
});

test("a pod that is gone wears no label, also when nobody takes over", async (context) => {
  const server = await start(context);
  await using only = await new Pod(server, "only").start();
  await eventually(() => leaders(server).join() === "only");
  await only[Symbol.asyncDispose]();
  assert.deepEqual(leaders(server), []);
});

test("a process that has stopped ends by itself", async (context) => {
  const server = await start(context);
  server.objects.put("pods", { metadata: { name: "only", labels } });
  const source = `
    import { defineConfig, run } from "@swarmpost/runtime";
    import { elected, electionConfig } from ${JSON.stringify(import.meta.resolve("./index.ts"))};
    const create = async () => ({ async [Symbol.asyncDispose]() {} });
    await run("sample", defineConfig({ ...electionConfig }), elected(create));
  `;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", source], {
    cwd: import.meta.dirname,
    env: { ...env, POD_NAME: "only", ADMIN_PORT: "0", KUBECONFIG: server.kubeconfig },
    stdio: ["ignore", "pipe", "inherit"],
  });
  context.after(() => child.kill("SIGKILL"));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (output += text));
  const ended = once(child, "close");
  await eventually(() => leaders(server).join() === "only", { timeoutMs: 60_000 });
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
  assert.match(output, /"event":"stopped"/);
  assert.doesNotMatch(output, /"event":"held_open"/, "nothing was left for the process to be ended from");
});

test("a leader takes the label off others of its service, and a standby off itself", async (context) => {
  const server = await start(context);
  const leader = { "swarmpost.dev/role": "leader" };
  const other = { ...leader, "app.kubernetes.io/component": "other" };
  server.objects.put("pods", { metadata: { name: "stranger", labels: { ...labels, ...other } } });
  await using first = new Pod(server, "first");
  await using second = new Pod(server, "second", leader);
  await using dead = new Pod(server, "dead", leader);
  await first.start();
  await eventually(() => leaders(server).toSorted().join() === "first,stranger");
  server.objects.put("pods", { metadata: { name: "second", labels: { ...labels, ...leader } } });
  await second.start();
  await eventually(() => leaders(server).toSorted().join() === "first,stranger");
  assert.equal(dead.working, false);
});

test("while the API is away for less than its time a leader works on", async (context) => {
  const server = await start(context);
  await using pod = await new Pod(server, "first").start();
  await eventually(() => pod.working);
  const renewals = (): number => server.count("update", "leases");
  await server.stop();
  await eventually(async () => (await pod.metric('swarmpost_sample_election_failures_total{kind="lease"}')) >= 2);
  await server.start();
  const before = renewals();
  await eventually(() => renewals() > before);
  assert.deepEqual([pod.working, pod.failure], [true, undefined]);
});

for (const [name, fault] of [
  ["refuses connections", undefined],
  ["hangs", "hang"],
  ["answers with errors", { status: 500 }],
] as const) {
  test(`a leader ends before its Lease does when the API ${name}`, async (context) => {
    const server = await start(context);
    await using pod = await new Pod(server, "first").start();
    await eventually(() => pod.working);
    const awayAt = performance.now();
    if (fault === undefined) await server.stop();
    else server.fault = () => fault;
    await eventually(() => pod.failure !== undefined);
    const afterMs = performance.now() - awayAt;
    const { error, withinMs } = pod.failure!;
    assert.equal((error as { code: string }).code, "lost");
    assert.ok(afterMs > 800 && afterMs + withinMs < 2_150, `after ${afterMs} ms, within ${withinMs} ms`);
    server.fault = () => undefined;
    await server.start();
  });
}

test("a leader that finds another in its place ends at once", async (context) => {
  const server = await start(context);
  await using pod = await new Pod(server, "first").start();
  await eventually(() => pod.working);
  const spec = { holderIdentity: "second_1", leaseDurationSeconds: 15, renewTime: "2026-01-01T00:00:00.000000Z" };
  server.objects.put("leases", { metadata: { name: "lead" }, spec });
  await eventually(() => pod.failure !== undefined);
  assert.equal(pod.failure?.withinMs, 0);
  await pod[Symbol.asyncDispose]();
  assert.equal(
    (server.objects.get("leases", "lead")!.spec as typeof spec).holderIdentity,
    "second_1",
    "not given away",
  );
});

test("a service that cannot be made ends its process, and the next in line tries", async (context) => {
  const server = await start(context);
  await using broken = await new Pod(server, "first").start(() => Promise.reject(new Error("no database")));
  await eventually(() => broken.failure !== undefined);
  assert.deepEqual([(broken.failure!.error as Error).message, leaders(server)], ["no database", []]);
  await broken[Symbol.asyncDispose]();
  await using pod = await new Pod(server, "second").start();
  await eventually(() => pod.working);
});

test("a leader that cannot reach what its service needs ends, and another pod tries", async (context) => {
  const server = await start(context);
  await using stuck = new Pod(server, "first", {}, { LEASE_START_MS: "300" });
  const waiting = () =>
    new Promise<never>((_, reject) => stuck.stop.addEventListener("abort", () => reject(stuck.stop.reason)));
  await stuck.start(waiting);
  await eventually(() => stuck.failure !== undefined);
  const { error, withinMs } = stuck.failure!;
  assert.equal((error as { code: string }).code, "no-start");
  assert.ok(withinMs <= 2_000, "before its Lease could be over");
  stuck.end();
  await stuck[Symbol.asyncDispose]();
  await using pod = await new Pod(server, "second").start();
  await eventually(() => pod.working);
});

test("a leader whose service is made in time leads on", async (context) => {
  const server = await start(context);
  await using pod = await new Pod(server, "first", {}, { LEASE_START_MS: "300" }).start();
  await eventually(() => pod.working);
  const before = server.count("update", "leases");
  await eventually(() => server.count("update", "leases") >= before + 4);
  assert.deepEqual([pod.working, pod.failure], [true, undefined]);
});

test("a process whose certificates cannot be used does not stand by", async (context) => {
  const server = await start(context);
  const pod = new Pod(server, "first", {}, { CLUSTER_CA_FILE: server.kubeconfig });
  await assert.rejects(pod.start(), /CLUSTER_CERT_FILE and CLUSTER_KEY_FILE missing/);
  assert.equal(server.calls.length, 0);
});

test("an API that is away at the start is waited for by a ready standby", async (context) => {
  const server = await start(context);
  await server.stop();
  await using pod = await new Pod(server, "first").start();
  await eventually(async () => (await pod.metric('swarmpost_sample_election_failures_total{kind="lease"}')) >= 1);
  assert.deepEqual([pod.runtime.health.ready, pod.working], [true, false]);
  await server.start();
  await eventually(() => pod.working);
});

test("without a Lease the service is just made", async () => {
  const runtime = createRuntime("sample", { logger: silentLogger });
  const service = { [Symbol.asyncDispose]: async () => {} };
  const made = await elected<typeof schema>(async () => service)(parseConfig(schema, {}), runtime);
  assert.equal(made, service);
  assert.match(await runtime.metrics.render(), /^swarmpost_sample_leader_state 1$/m);
});

test("settings that contradict each other are told at once", async () => {
  const runtime = createRuntime("sample", { logger: silentLogger });
  const config = parseConfig(schema, { LEASE_NAME: "lead", LEASE_RENEW_MS: "20000", LEASE_RETRY_MS: "10000" });
  const making = elected<typeof schema>(() => assert.fail())(config, runtime);
  await assert.rejects(making, /POD_NAMESPACE.*POD_NAME .*LEASE_RENEW_MS must be below.*LEASE_RETRY_MS must be below/);
});

test("an election needs these rights and no others", async (context) => {
  const server = await start(context);
  server.rules = [
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: ["lead"], verbs: ["get", "update"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "patch"] },
  ];
  server.objects.put("pods", { metadata: { name: "old", labels: { ...labels, "swarmpost.dev/role": "leader" } } });
  await using pod = await new Pod(server, "first").start();
  await eventually(() => pod.working && leaders(server).join() === "first");
  const used = new Set(server.calls.map(({ verb, resource }) => `${verb} ${resource}`));
  assert.deepEqual([...used].sort(), ["get leases", "get pods", "list pods", "patch pods", "update leases"]);
});
