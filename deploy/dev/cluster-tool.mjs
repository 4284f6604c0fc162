// What the buttons of `tilt up` do to a release in a Kubernetes cluster; also a command:
//   node deploy/dev/cluster-tool.mjs ACTION [--release net] [--namespace swarmpost] [--rpc http://127.0.0.1:8545]
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fail, root } from "./setup.mjs";

const swarmLabel = "swarmpost.dev/swarm";
const cutName = "swarmpost-cut";

/** Every action by its name: a line of what it does, and the doing. */
export const actions = {
  message: { doc: "sends a message over three hops and reads it, as `helm test` does", run: sendMessage },
  "kill-pod": { doc: "ends one random node without warning", run: killPod },
  "cut-swarm": { doc: "cuts one random swarm off from everything", run: cutSwarm },
  heal: { doc: "takes every cut away", run: heal },
  "advance-chain": { doc: "adds 100 blocks to the development chain", run: advanceChain },
};

/** Runs kubectl (or helm) in the namespace and gives what it printed; ends with its own words when it fails. */
function tool(program, target, args, input) {
  const run = spawnSync(program, ["--namespace", target.namespace, ...args], { encoding: "utf8", input });
  if (run.status !== 0) fail(`${program} ${args[0]}: ${run.error?.message ?? run.stderr.trim()}`);
  return run.stdout;
}

const kubectl = (target, args, input) => tool("kubectl", target, args, input);

/** The release's running node pods. */
function nodes(target) {
  const selector = `app.kubernetes.io/instance=${target.release},app.kubernetes.io/component=node`;
  const { items } = JSON.parse(kubectl(target, ["get", "pods", "--selector", selector, "--output", "json"]));
  const running = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (running.length === 0) fail(`release ${target.release} has no node in namespace ${target.namespace}`);
  return running;
}

const anyOf = (list) => list[Math.floor(Math.random() * list.length)];

/** The chart's own test pod, with the image that the nodes run now. */
function sendMessage(target) {
  const image = nodes(target)[0].spec.containers[0].image;
  const show = [
    "template",
    target.release,
    join(root, "charts/swarmpost"),
    "--show-only",
    "templates/tests/message.yaml",
  ];
  const manifest = tool("helm", target, [...show, "--set", `nodes.replicas=${nodes(target).length}`]);
  const pod = manifest.split(/^---$/m).find((part) => /^kind: Pod$/m.test(part));
  const name = /^ {2}name: (\S+)$/m.exec(pod)[1];
  kubectl(target, ["delete", "pod", name, "--ignore-not-found", "--now"]);
  kubectl(target, ["create", "--filename", "-"], pod.replace(/^( +image: ).*$/m, `$1${image}`));
  const ended = spawnSync("kubectl", [
    "--namespace",
    target.namespace,
    "wait",
    `pod/${name}`,
    "--timeout=120s",
    "--for=jsonpath={.status.phase}=Succeeded",
  ]);
  process.stdout.write(kubectl(target, ["logs", name]));
  if (ended.status !== 0) fail("the message did not arrive");
}

function killPod(target) {
  const { name } = anyOf(nodes(target)).metadata;
  kubectl(target, ["delete", "pod", name, "--grace-period=0", "--force"]);
  process.stdout.write(`killed ${name}\n`);
}

/** A policy with no rule, and a look at whether the cluster's network keeps to it. */
function cutSwarm(target) {
  const pods = nodes(target);
  const swarms = [...new Set(pods.flatMap(({ metadata }) => metadata.labels[swarmLabel] ?? []))];
  if (swarms.length === 0) fail("no node is in a swarm yet");
  const swarm = anyOf(swarms);
  const labels = { "app.kubernetes.io/instance": target.release, [swarmLabel]: swarm };
  const policy = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: cutName, labels: { "app.kubernetes.io/instance": target.release } },
    spec: { podSelector: { matchLabels: labels }, policyTypes: ["Ingress", "Egress"] },
  };
  kubectl(target, ["apply", "--filename", "-"], JSON.stringify(policy));
  const [inside] = pods.filter(({ metadata }) => metadata.labels[swarmLabel] === swarm);
  if (reaches(target, inside.metadata.name, inside.status.podIP)) {
    heal(target);
    fail("this cluster's network does not enforce NetworkPolicies: nothing was cut");
  }
  process.stdout.write(`cut swarm ${swarm} off; the button "heal" ends it\n`);
}

/** Whether a pod of the swarm can still open a connection to the Kubernetes API: all that leaves it is denied. */
function reaches(target, pod) {
  const script = `const {KUBERNETES_SERVICE_HOST:host,KUBERNETES_SERVICE_PORT:port}=process.env;
    const s=require("node:net").connect({host,port,timeout:3000});
    s.on("connect",()=>process.exit(0)).on("error",()=>process.exit(7)).on("timeout",()=>process.exit(7))`;
  const args = ["--namespace", target.namespace, "exec", pod, "--container", "relay", "--", "node", "-e", script];
  for (let attempt = 0; attempt < 5; attempt++) if (spawnSync("kubectl", args).status === 7) return false;
  return true;
}

function heal(target) {
  kubectl(target, ["delete", "networkpolicy", cutName, "--ignore-not-found"]);
}

async function advanceChain({ rpc }) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "anvil_mine", params: ["0x64"] });
  const headers = { "content-type": "application/json" };
  try {
    const response = await fetch(rpc, { method: "POST", headers, body });
    const { error } = await response.json();
    if (error !== undefined) fail(`the chain refuses: ${error.message}`);
  } catch (error) {
    fail(`no development chain answers on ${rpc}: ${error.cause?.code ?? error.message}`);
  }
  process.stdout.write("100 blocks more\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = {
    release: { type: "string", default: "net" },
    namespace: { type: "string", default: "swarmpost" },
    rpc: { type: "string", default: "http://127.0.0.1:8545" },
  };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const action = actions[positionals[0]];
  const known = Object.entries(actions).map(([name, { doc }]) => `  ${name}: ${doc}`);
  if (action === undefined) fail(`no such action; there are:\n${known.join("\n")}`);
  await action.run(values);
}
