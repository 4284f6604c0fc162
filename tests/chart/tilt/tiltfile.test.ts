import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type KubernetesObject, nameOf, ofKind } from "../manifest.ts";
import { readYaml } from "../render.ts";
import { type Schema, schemaAt } from "../value-paths.ts";
import { allContainers, workloads } from "../workloads.ts";
import { callsOf, evaluateTiltfile, root } from "./tiltfile.ts";

const calls = evaluateTiltfile();
const objects = callsOf(calls, "k8s_yaml").flatMap(({ yaml }) => yaml as KubernetesObject[]);
const resources = callsOf(calls, "k8s_resource");
const locals = callsOf(calls, "local_resource");
const text = (value: unknown): string => String(value);

test("the Tiltfile is Starlark of at most 150 lines", () => {
  assert.ok(readFileSync(join(root, "Tiltfile"), "utf8").split("\n").length <= 151);
  assert.ok(calls.length > 20);
});

test("it deploys the chart's own objects, all in the namespace that it makes", () => {
  const [namespace, ...others] = objects;
  assert.deepEqual([namespace!.kind, namespace!.metadata.name], ["Namespace", "swarmpost"]);
  assert.ok(workloads(others).length > 8);
  assert.deepEqual(others.filter(({ metadata }) => metadata.namespace !== "swarmpost").map(nameOf), []);
});

test("--nodes and --namespace reach the chart", () => {
  const changed = callsOf(evaluateTiltfile(["--nodes=14", "--namespace=other"]), "k8s_yaml").flatMap(
    ({ yaml }) => yaml as KubernetesObject[],
  );
  assert.equal(
    ofKind(changed, "StatefulSet").find(({ metadata }) => metadata.name === "swarmpost-node")?.spec?.replicas,
    14,
  );
  assert.ok(changed.slice(1).every(({ metadata }) => metadata.namespace === "other"));
});

test("every value that it sets is one of the chart's", () => {
  const schema = readYaml("values.schema.json") as Schema;
  const pairs = callsOf(calls, "helm").flatMap(({ set }) => set as string[]);
  assert.ok(pairs.length > 0);
  for (const pair of pairs) assert.ok(schemaAt(pair.split("=")[0]!, schema) !== undefined, pair);
});

test("every workload that it names is in the chart, and it leaves none without a group", () => {
  const named = resources.map(({ workload }) => text(workload));
  assert.deepEqual(
    named.toSorted(),
    workloads(objects)
      .map(({ name }) => name)
      .toSorted(),
  );
  for (const { labels, workload } of resources) assert.ok((labels as string[]).length === 1, text(workload));
});

test("resources wait only for resources that exist", () => {
  const names = new Set([
    ...resources.map((each) => text(each.new_name ?? each.workload)),
    ...locals.map((each) => text(each.name)),
  ]);
  for (const each of [...resources, ...locals]) {
    for (const needed of (each.resource_deps ?? []) as string[]) assert.ok(names.has(needed), needed);
  }
});

test("every forwarded port is one of the pod's", () => {
  for (const { workload, port_forwards } of resources) {
    const ports = allContainers(objects)
      .filter((each) => each.workload.name === workload)
      .flatMap(({ container }) => container.ports ?? []);
    for (const pair of (port_forwards ?? []) as string[]) {
      assert.ok(
        ports.some(({ containerPort }) => containerPort === Number(pair.split(":")[1])),
        pair,
      );
    }
  }
});

test("the image that it builds is the chart's, from files that are there", () => {
  const [build, ...more] = callsOf(calls, "docker_build");
  assert.equal(more.length, 0);
  const images = allContainers(objects).map(({ container }) => container.image!.split(":")[0]);
  assert.ok(images.includes(text(build!.ref)));
  assert.ok(existsSync(join(root, text(build!.context), "Dockerfile")));
  const entry = (build!.entrypoint as string[]).at(-1)!;
  assert.ok(existsSync(join(root, entry)), entry);
  const dockerfile = text(build!.dockerfile_contents);
  const base = /^FROM (\w+) AS develop$/m.exec(dockerfile)?.[1];
  assert.match(dockerfile, new RegExp(`^FROM \\S+ AS ${base}$`, "m"));
  assert.equal(build!.target, "develop");
});

test("live update copies folders of sources to where the image has them, and builds anew for anything else that matters", () => {
  const dockerfile = text(callsOf(calls, "docker_build")[0]!.dockerfile_contents);
  const stage = dockerfile.split(/^(?=FROM )/m).find((part) => /^FROM \S+ AS build$/m.test(part))!;
  const workdir = /^WORKDIR (\S+)$/m.exec(stage)![1]!;
  const [first, ...others] = callsOf(calls, "docker_build")[0]!.live_update as Record<string, string[]>[];
  for (const file of first!.fall_back_on!) assert.ok(existsSync(join(root, file)), file);
  assert.ok(others.length > 0);
  for (const { sync } of others) {
    const [from, to] = sync as [string, string];
    assert.ok(existsSync(join(root, from)), from);
    assert.equal(to, `${workdir}/${from}`);
  }
});

test("only what live update needs differs from the chart: files that may change", () => {
  const writable = allContainers(objects).filter(
    ({ container }) => container.securityContext?.readOnlyRootFilesystem !== true,
  );
  assert.ok(writable.length > 0 && writable.every(({ container }) => container.image!.startsWith("swarmpost:")));
  const shipped = callsOf(evaluateTiltfile(["--ci"]), "k8s_yaml").flatMap(({ yaml }) => yaml as KubernetesObject[]);
  assert.ok(
    allContainers(shipped).every(({ container }) => container.securityContext?.readOnlyRootFilesystem === true),
  );
});

test("--ci runs the production image and the tests by themselves; by hand they are buttons", () => {
  const inCi = evaluateTiltfile(["--ci"]);
  assert.deepEqual(callsOf(inCi, "docker_build"), [{ ref: "swarmpost", context: "." }]);
  const automatic = callsOf(inCi, "local_resource").filter(({ auto_init }) => auto_init !== false);
  assert.deepEqual(
    automatic.map(({ labels }) => text(labels)),
    automatic.map(() => "tests"),
  );
  assert.ok(automatic.length >= 3);
  for (const { name, auto_init, trigger_mode } of locals) {
    assert.deepEqual([auto_init, trigger_mode], [false, "manual"], text(name));
  }
});

test("test suites and faults are buttons that run scripts that exist", () => {
  const groups = new Set(locals.map(({ labels }) => text(labels)));
  assert.deepEqual([...groups].sort(), ["faults", "tests"]);
  const scripts = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> })
    .scripts;
  const used = new Set<string>();
  for (const { cmd } of locals) {
    const [program, ...words] = cmd as string[];
    if (program === "npm") {
      const script = words[0] === "run" ? words[1]! : words[0]!;
      assert.ok(script in scripts, script);
      const suite = words.find((word) => word.startsWith("--suite="))?.slice("--suite=".length);
      if (suite !== undefined) assert.ok(existsSync(join(root, "tests", suite)), suite);
    } else {
      assert.deepEqual([program, words[0]], ["node", "deploy/dev/cluster-tool.mjs"]);
      used.add(words[1]!);
    }
  }
  const help = spawnSync(process.execPath, [join(root, "deploy/dev/cluster-tool.mjs")], { encoding: "utf8" }).stderr;
  const actions = [...help.matchAll(/^ {2}([a-z-]+): /gm)].map((match) => match[1]!);
  assert.deepEqual([...used].sort(), actions.sort());
});
