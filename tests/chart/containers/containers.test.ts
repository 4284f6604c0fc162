import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { type TemporaryFolder, temporaryFolder } from "@swarmpost/testkit";
import { bundleInto } from "./bundle.ts";
import type { Report } from "./scenario.ts";

// Every container of the quickstart is started as rendered: its command, its environment, its user, its volumes, its
// read-only root; each pod with an address and a loopback of its own. What is not real: images are folders of this
// machine, the Kubernetes API is a stand-in, Services are proxies, claims are folders.

let folder: TemporaryFolder;
let report: Report;

before(async () => {
  folder = await temporaryFolder();
  const [app, run] = [join(folder.path, "app"), join(folder.path, "run")];
  await bundleInto(app);
  await mkdir(run);
  const user = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const namespaces = [...user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const scenario = [process.execPath, join(import.meta.dirname, "scenario.ts"), run, app];
  const child = spawn("unshare", [...namespaces, ...scenario], { stdio: ["ignore", "pipe", "pipe"] });
  const printed = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0, (await printed).join("\n"));
  report = JSON.parse(await readFile(join(run, "report.json"), "utf8")) as Report;
});

after(async () => {
  await folder[Symbol.asyncDispose]();
});

test("prepare makes every Secret and ConfigMap that the pods mount", () => {
  for (const name of ["node-keys", "cluster-ca", "databases", "connections", "tls-node", "tls-register"]) {
    assert.ok(report.made.includes(`net-swarmpost-${name}`), name);
  }
});

test("every pod becomes ready with the rendered command, environment, user and read-only root", () => {
  assert.equal(Object.keys(report.labels).length, 5 + 7 + 4, "nodes, services, stores");
  assert.ok(report.seconds.ready < 180, `${report.seconds.ready} s`);
});

test("what comes too early waits: no container has to be started again", () => {
  assert.deepEqual(report.restarts, []);
});

test("the Jobs make the databases and register every node", () => {
  assert.match(report.jobs, /9 databases/);
  for (let ordinal = 0; ordinal < 5; ordinal++) {
    assert.match(report.jobs, new RegExp(`net-swarmpost-node-${ordinal}: registered since block [0-9]+`));
  }
});

test("helm test sends a message over three hops and reads it", () => {
  assert.match(report.tested, /sent over three hops/);
  assert.match(report.tested, /the message arrived/);
});

test("the services call the Kubernetes API only as their Roles allow", () => {
  assert.deepEqual(report.refused, []);
});

test("the NetworkPolicies, enforced here, stop nothing that anybody needs", () => {
  assert.deepEqual(report.blocked, []);
});

test("one replica of each elected service leads, and each node's pod is labelled with its swarm, which has one budget", () => {
  const role = "swarmpost.dev/role";
  for (const component of ["chain-watcher", "swarm-coordinator", "test-suite"]) {
    const own = Object.values(report.labels).filter((labels) => labels["app.kubernetes.io/component"] === component);
    assert.deepEqual(own.filter((labels) => labels[role] === "leader").length, 1, component);
  }
  const nodes = Object.values(report.labels).filter((labels) => labels["app.kubernetes.io/component"] === "node");
  const swarms = new Set(nodes.map((labels) => labels["swarmpost.dev/swarm"]));
  assert.equal(nodes.length, 5);
  assert.equal(swarms.size, 1, "five nodes are one swarm");
  assert.deepEqual(report.budgets, [`net-swarmpost-swarm-${[...swarms][0]}`]);
});

test("when the leader is told to stop, the standby leads at once", () => {
  assert.notEqual(report.handover.to, report.handover.from);
  assert.ok(report.handover.seconds < 10, `${report.handover.seconds} s; a lease that is not given back lasts 15 s`);
});

test("SIGTERM ends every container of ours with 0 within its grace", () => {
  assert.deepEqual(report.badEnds, []);
});
