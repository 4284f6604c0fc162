import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startApiServer, type TestApiServer } from "@swarmpost/kubernetes/testing";
import { SwarmService } from "@swarmpost/protos";
import { createClient, openChannel } from "@swarmpost/rpc";
import { eventually, sparePort, startStores, type TestStores } from "@swarmpost/testkit";
import { serveChain, TestChain, testNodes } from "./test-chain-server.ts";

const main = join(import.meta.dirname, "main.ts");
const labels = { "app.kubernetes.io/instance": "net", "app.kubernetes.io/component": "swarm-coordinator" };
const LEASE_MS = 4_000;

let stores: TestStores;
before(async () => void (stores = await startStores()));
after(async () => await stores?.[Symbol.asyncDispose]());

/** One pod: a process as a container runs it. */
class Coordinator implements AsyncDisposable {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ended: Promise<unknown[]>;
  readonly #adminPort: number;
  readonly #grpcPort: number;
  output = "";

  constructor(name: string, ports: readonly [number, number], env: Record<string, string>) {
    this.name = name;
    [this.#adminPort, this.#grpcPort] = ports;
    const own = { POD_NAME: name, ADMIN_PORT: String(ports[0]), GRPC_PORT: String(ports[1]) };
    this.child = spawn(process.execPath, [main], { env: { ...env, ...own }, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    this.ended = once(this.child, "exit");
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async admin(path: string): Promise<Response> {
    return await fetch(`http://127.0.0.1:${this.#adminPort}${path}`, { signal: AbortSignal.timeout(500) });
  }

  /** Whether it does the work, as its own metric says; not while it does not answer. */
  async leads(): Promise<boolean> {
    const text = await this.admin("/metrics").then(
      (response) => response.text(),
      () => "",
    );
    return /^swarmpost_swarm_coordinator_leader_state 1$/m.test(text);
  }

  async serves(): Promise<boolean> {
    await using stack = new AsyncDisposableStack();
    const client = createClient(SwarmService, stack.use(openChannel(`127.0.0.1:${this.#grpcPort}`)));
    return await client.getMap({}, { deadlineMs: 1_000 }).then(
      ({ map }) => map?.height === 1n,
      () => false,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }
}

/** Two coordinators on one Lease, the first of which leads. */
async function start() {
  await using stack = new AsyncDisposableStack();
  const chain = new TestChain();
  chain.add(testNodes(7));
  const chainServer = stack.use(await serveChain(chain));
  const api = stack.use(await startApiServer("net"));
  api.objects.put("leases", { metadata: { name: "net-coordinator" } });
  const env = {
    KUBECONFIG: api.kubeconfig,
    POD_NAMESPACE: "net",
    LEASE_NAME: "net-coordinator",
    LEASE_DURATION_MS: String(LEASE_MS),
    LEASE_RENEW_MS: "2500",
    LEASE_RETRY_MS: "300",
    BUS_URL: stores.nats.url,
    DATABASE_URL: await stores.emptyDatabase(),
    CHAIN_WATCHER: chainServer.address,
  };
  const launch = async (name: string): Promise<Coordinator> => {
    api.objects.put("pods", { metadata: { name, labels } });
    return new Coordinator(name, [await sparePort(), await sparePort()], env);
  };
  const first = stack.use(await launch("first"));
  await eventually(() => first.leads(), { timeoutMs: 60_000 });
  const second = stack.use(await launch("second"));
  await eventually(async () => (await second.admin("/readyz")).status === 200, { timeoutMs: 60_000 });
  assert.deepEqual([await second.leads(), await first.serves(), await second.serves()], [false, true, false]);
  await eventually(() => assert.deepEqual(leaders(api), ["first"]));
  const running = stack.move();
  return { api, first, second, launch, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

const leaders = (api: TestApiServer): string[] =>
  api.objects
    .list("pods")
    .filter(({ metadata }) => metadata.labels?.["swarmpost.dev/role"] === "leader")
    .map(({ metadata }) => metadata.name);

async function takesOver(second: Coordinator, api: TestApiServer, withinMs: number): Promise<void> {
  const fromMs = performance.now();
  await eventually(() => second.leads(), { timeoutMs: withinMs });
  assert.ok(await second.serves(), "the map that the other had stored");
  await eventually(() => assert.deepEqual(leaders(api), ["second"]));
  assert.ok(performance.now() - fromMs < withinMs + 2_000);
}

test("a leader that is killed is replaced once its Lease ran out, and comes back as a standby", async () => {
  await using net = await start();
  net.first.child.kill("SIGKILL");
  const killedAt = performance.now();
  await takesOver(net.second, net.api, LEASE_MS + 4_000);
  assert.ok(performance.now() - killedAt > LEASE_MS - 2_500, "not before the killed one's Lease could be over");
  await using again = await net.launch("first");
  await eventually(async () => (await again.admin("/readyz")).status === 200, { timeoutMs: 60_000 });
  assert.deepEqual([await again.leads(), await net.second.leads(), leaders(net.api)], [false, true, ["second"]]);
});

test("a leader that is told to stop hands over at once", async () => {
  await using net = await start();
  net.first.child.kill("SIGTERM");
  assert.deepEqual(await net.first.ended, [0, null], net.first.output);
  await takesOver(net.second, net.api, LEASE_MS - 2_000);
});

test("a leader that was stopped where it stood for longer than its Lease does no more work when it goes on", async () => {
  await using net = await start();
  net.first.child.kill("SIGSTOP");
  await takesOver(net.second, net.api, LEASE_MS + 4_000);
  net.first.child.kill("SIGCONT");
  assert.deepEqual(await net.first.ended, [1, null], net.first.output);
  assert.match(net.first.output, /"error_code":"lost".*"lease_lost"/);
  assert.deepEqual([await net.second.leads(), leaders(net.api)], [true, ["second"]]);
});

test("while the API is away for a short time the leader leads on, for longer it ends, and one leads when it is back", async () => {
  await using net = await start();
  await net.api.stop();
  await eventually(() => net.first.output.includes("lease_attempt_failed"));
  await net.api.start();
  await eventually(() => net.first.output.includes("lease_answers_again"));
  assert.deepEqual([await net.first.leads(), await net.second.leads()], [true, false]);

  await net.api.stop();
  const awayAt = performance.now();
  assert.deepEqual(await net.first.ended, [1, null], net.first.output);
  assert.ok(performance.now() - awayAt < LEASE_MS + 500, "before the Lease could be over");
  assert.deepEqual([net.second.running, await net.second.leads()], [true, false]);
  assert.equal((await net.second.admin("/readyz")).status, 200, "a standby that waits is well");
  await net.api.start();
  await takesOver(net.second, net.api, LEASE_MS + 4_000);
});
