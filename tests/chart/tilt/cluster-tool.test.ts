import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { spawn } from "node:child_process";
import { temporaryFolder } from "@swarmpost/testkit";
import { helms } from "../render.ts";
import { root } from "./tiltfile.ts";

/** A kubectl that writes down what it is asked, and answers for a release of two nodes in one swarm. */
const kubectl = (exec: number): string => `#!${process.execPath}
const { appendFileSync, readFileSync } = require("node:fs");
const [, , ...args] = process.argv;
const piped = args.includes("-") ? readFileSync(0, "utf8") : "";
appendFileSync(__filename + ".calls", JSON.stringify({ args, piped }) + "\\n");
const pod = (name) => ({
  metadata: { name, labels: { "swarmpost.dev/swarm": "00000000000000aa" } },
  spec: { containers: [{ image: "swarmpost:tilt-1234" }] },
  status: { podIP: "10.0.0.1" },
});
if (args.includes("get")) console.log(JSON.stringify({ items: [pod("net-swarmpost-node-0"), pod("net-swarmpost-node-1")] }));
if (args.includes("logs")) console.log("it arrived");
if (args.includes("exec")) process.exitCode = ${exec};
`;

interface Call {
  readonly args: readonly string[];
  readonly piped: string;
}

/** Runs an action against that kubectl; `exec` is what commands inside pods exit with. */
async function run(action: string, exec = 7) {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "kubectl");
  await writeFile(file, kubectl(exec));
  await writeFile(join(folder.path, "helm"), `#!/bin/sh\nexec ${helms.at(-1)!.path} "$@"\n`);
  for (const program of ["kubectl", "helm"]) await chmod(join(folder.path, program), 0o755);
  const tool = join(root, "deploy/dev/cluster-tool.mjs");
  const env = { PATH: `${folder.path}:${dirname(process.execPath)}:/usr/bin:/bin` };
  const done = spawnSync(process.execPath, [tool, action, "--release=net", "--namespace=swarm"], {
    encoding: "utf8",
    env,
  });
  const written = await readFile(`${file}.calls`, "utf8").catch(() => "");
  const calls = written
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Call);
  return { ...done, calls };
}

test("killing a node deletes one of the release's node pods without grace", async () => {
  const { status, calls, stderr } = await run("kill-pod");
  assert.equal(status, 0, stderr);
  assert.ok(calls.every(({ args }) => args[0] === "--namespace" && args[1] === "swarm"));
  const words = calls.at(-1)!.args.join(" ");
  assert.match(words, /delete pod net-swarmpost-node-[01] --grace-period=0 --force/);
});

test("a cut is a policy that allows the swarm nothing, and it is looked at whether it bites", async () => {
  const { status, calls, stdout } = await run("cut-swarm");
  assert.equal(status, 0);
  const policy = JSON.parse(calls.find(({ piped }) => piped !== "")!.piped) as { spec: object };
  assert.deepEqual(policy.spec, {
    podSelector: { matchLabels: { "app.kubernetes.io/instance": "net", "swarmpost.dev/swarm": "00000000000000aa" } },
    policyTypes: ["Ingress", "Egress"],
  });
  assert.match(stdout, /cut swarm 00000000000000aa/);
});

test("where the network enforces no policies, the cut is taken back and said to be none", async () => {
  const { status, calls, stderr } = await run("cut-swarm", 0);
  assert.equal(status, 1);
  assert.match(stderr, /does not enforce NetworkPolicies/);
  assert.match(calls.at(-1)!.args.join(" "), /delete networkpolicy swarmpost-cut/);
});

test("a message is sent by the chart's own test pod, with the image that the nodes run", async () => {
  const { status, calls, stdout, stderr } = await run("message");
  assert.equal(status, 0, stderr);
  const pod = calls.find(({ args }) => args.includes("create"))!.piped;
  assert.match(pod, /name: net-swarmpost-message-test/);
  assert.match(pod, /image: swarmpost:tilt-1234/);
  assert.match(stdout, /it arrived/);
});

test("advancing the chain asks it for a hundred blocks", async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (text: string) => asked.push(text));
    request.on("end", () => response.end('{"jsonrpc":"2.0","id":1,"result":null}'));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const rpc = `--rpc=http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const child = spawn(process.execPath, [join(root, "deploy/dev/cluster-tool.mjs"), "advance-chain", rpc]);
  const [code] = (await once(child, "exit")) as [number];
  server.close();
  assert.equal(code, 0);
  assert.deepEqual((JSON.parse(asked.join("")) as { method: string; params: string[] }).params, ["0x64"]);
});

test("an action that does not exist is refused with those that do", async () => {
  const { status, stderr } = await run("explode");
  assert.equal(status, 1);
  assert.match(stderr, /kill-pod: ends one random node/);
});
