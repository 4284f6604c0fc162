import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { createAccount, HttpsConnections, SwarmpostClient } from "@swarmpost/client";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { buildOnion } from "@swarmpost/onion";
import { eventually } from "@swarmpost/testkit";
import { committedDashboards, panelsOf } from "./dashboard-files.ts";
import { alerts, rules } from "./rule-file.ts";
import { type LocalPrometheus, type Sample, startPrometheus } from "./local-prometheus.ts";

let outside: Server;
let net: Network;
let prometheus: LocalPrometheus;

before(async () => {
  outside = createServer((_request, response) => response.end("taken")).listen(0, "127.0.0.1");
  await once(outside, "listening");
  const canary = { CANARY_INTERVAL_MS: "300", CANARY_WAIT_MS: "300" };
  const { port } = outside.address() as AddressInfo;
  const settings = { "test-suite": canary, relay: { EXIT_ALIASES: `127.0.0.1=http://127.0.0.1:${port}` } };
  net = await startNetwork({ nodes: 5, processes: true, settings });
  prometheus = await startPrometheus(targets());
});
after(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  await net?.stop();
  outside?.close();
});

/** Admin addresses of all services of the network. */
function targets(): string[] {
  const host = net.clusters[0]!.address("chain-watcher").split(":")[0];
  const control = [0, 1, 2, 3].map((index) => `${host}:${22_110 + index}`);
  return [...control, ...net.nodes.flatMap((node) => [`${node.host}:22031`, `${node.host}:22032`])];
}

/** A little of everything that panels show. */
async function use(): Promise<void> {
  await using client = await SwarmpostClient.connect(net.networkFile);
  const account = createAccount();
  const { hash } = await client.send(account, account.id, "seen by Prometheus");
  await client.read(account);
  await client.delete(account, [hash]);
  await wait(client);
  const file = `${net.clusters[0]!.fileServer.url}/file`;
  const put = await fetch(file, {
    method: "POST",
    body: Buffer.alloc(2_000, 1),
    headers: { "content-type": "application/octet-stream" },
  });
  assert.equal(put.status, 200);
  await leave();
}

/** A reader that waits for what is sent. */
async function wait(client: SwarmpostClient): Promise<void> {
  const account = createAccount();
  const following = client.follow(account);
  const next = following.next();
  // Most of these come while it waits.
  for (let sent = 0; sent < 5; sent++) await client.send(createAccount(), account.id, `for whoever waits ${sent}`);
  assert.equal((await next).done, false);
  await following.return();
}

/** An onion to a server outside. */
async function leave(): Promise<void> {
  await using connections = new HttpsConnections();
  const path = net.nodes.slice(0, 3).map(({ keys }) => ({ pubkey: keys.pubkey, x25519: keys.x25519.publicKey }));
  const { port } = outside.address() as AddressInfo;
  const x25519 = net.nodes[3]!.keys.x25519.publicKey;
  const destination = { kind: "server", host: "127.0.0.1", port, protocol: "http", x25519 } as const;
  const onion = buildOnion({ path, destination }, Buffer.from("l2:{}e"));
  const answer = await connections.post(`${net.seedUrl}/onion_req/v2`, onion.body, { timeoutMs: 5_000 });
  assert.equal(answer.status, 200);
}

/** A query as Grafana would send it with everything chosen. */
function asked(expression: string): string {
  return expression
    .replace(/\$(namespace|job|instance)\b/g, ".*")
    .replaceAll("$__rate_interval", "20s")
    .replaceAll("$__range", "5m");
}

const finite = (samples: readonly Sample[]): boolean => samples.some(({ value }) => Number.isFinite(Number(value[1])));

test("Prometheus reaches every service, and evaluates every rule", async () => {
  const wanted = targets().length;
  await eventually(async () => assert.deepEqual(await prometheus.targets(), { up: wanted, all: wanted }), {
    timeoutMs: 15_000,
  });
  const all = rules().length;
  await eventually(async () => assert.deepEqual(await prometheus.rules(), { failed: [], all }), { timeoutMs: 20_000 });
});

test("every panel's query answers with data of a running network", async () => {
  await use();
  const queries = committedDashboards().flatMap((board) =>
    panelsOf(board).flatMap(({ title, targets: asks }) =>
      (asks ?? []).map(({ expr }) => ({ where: `${board.file}: ${title}`, expr: asked(expr) })),
    ),
  );
  let last = performance.now();
  await eventually(
    async () => {
      if (performance.now() - last > 8_000) {
        await use();
        last = performance.now();
      }
      const answers = await Promise.all(queries.map(async ({ expr }) => finite(await prometheus.query(expr))));
      assert.deepEqual(
        queries.filter((_, index) => !answers[index]).map(({ where, expr }) => `${where}\n${expr}`),
        [],
      );
    },
    { timeoutMs: 60_000 },
  );
});

test("the canary reads what was acknowledged, and nothing of a healthy network is called critical", async () => {
  await eventually(async () => {
    const [readable] = await prometheus.query("swarmpost_test_suite_canary_readable_total");
    assert.ok(Number(readable?.value[1]) >= 3);
  });
  const critical = alerts().filter(({ labels }) => labels?.["severity"] === "critical");
  const wrong = [];
  for (const { alert, expr } of critical) if ((await prometheus.query(expr)).length > 0) wrong.push(alert);
  // Alerts that wait before they fire may be true for a moment: the first quarter of an hour has no acknowledgement to count.
  assert.deepEqual(
    wrong.filter((alert) => alert !== "SwarmpostCanaryStuck" && alert !== "SwarmpostChainSilent"),
    [],
  );
});
