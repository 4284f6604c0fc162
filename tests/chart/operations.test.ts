import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { preparedObjects } from "./mounts.ts";
import { chartFolder, helm, readYaml, render } from "./render.ts";
import { type Schema, schemaAt } from "./value-paths.ts";
import { allContainers, workloads } from "./workloads.ts";

const root = join(chartFolder, "../..");
const page = readFileSync(join(root, "docs/operations.md"), "utf8");
const schema = readYaml("values.schema.json") as Schema;
const blocks = (language: string): string[] =>
  [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter((match) => match[1] === language).map((match) => match[2]!);
/** Shell lines without their comments. */
const commands = blocks("sh")
  .flatMap((block) => block.split("\n"))
  .map((line) => line.replace(/ +# .*$/, ""))
  .filter((line) => line !== "");
const objects = render({ set: ["nodes.replicas=12"] });

test("every object that the page names is made by the chart or by its Jobs", () => {
  const known = new Set([
    ...objects.map(({ metadata }) => metadata.name),
    ...[...preparedObjects(objects, "net-swarmpost").keys()].map((name) => name.split(" ")[1]!),
    ...workloads(objects).flatMap(({ pods }) => pods),
  ]);
  const named = [...new Set(page.match(/net-swarmpost-[a-z0-9-]*[a-z0-9]/g))];
  assert.ok(named.length > 12);
  assert.deepEqual(
    named.filter((name) => !known.has(name.replace(/-r\d+$/, "-r1"))),
    [],
  );
});

test("every value that the page names is one of the chart's", () => {
  const values = Object.keys(readYaml("values.yaml") as object).join("|");
  const paths = [...page.matchAll(new RegExp(`\`((?:${values})\\.[\\w.]+)\``, "g"))].map((match) => match[1]!);
  const set = commands.flatMap((line) => [...line.matchAll(/--set '?([\w.]+)=/g)].map((match) => match[1]!));
  assert.ok(paths.length > 10 && set.length > 1);
  assert.deepEqual(
    [...paths, ...set].filter((path) => schemaAt(path, schema) === undefined),
    [],
  );
});

test("every example of values can be installed", () => {
  const examples = blocks("yaml").filter((block) => block.startsWith("# values\n"));
  assert.ok(examples.length > 1);
  const folder = mkdtempSync(join(tmpdir(), "swarmpost-"));
  for (const [index, text] of examples.entries()) {
    assert.notEqual(parse(text), null);
    const file = join(folder, `${index}.yaml`);
    writeFileSync(file, text);
    const run = helm(["template", "net", chartFolder, "--values", file]);
    assert.ok(run.ok, run.stderr);
  }
  rmSync(folder, { recursive: true });
});

test("every helm command is one that helm knows, for the release and namespace of the page", () => {
  const own = commands.filter((line) => line.startsWith("helm "));
  assert.ok(own.length > 5);
  for (const line of own) {
    assert.match(line, /^helm (install|upgrade|rollback|test|uninstall) net( charts\/swarmpost)? --namespace swarm\b/);
    const [, verb = ""] = line.split(" ");
    const help = helm([verb, "--help"]).stdout;
    for (const [, flag] of line.matchAll(/ (--[a-z-]+)/g))
      assert.ok(help.includes(`${flag} `) || help.includes(`${flag}\n`), `${verb} ${flag}`);
  }
});

test("every kubectl command is about the page's namespace, and about kinds, labels, containers and ports that the chart has", () => {
  const own = commands.flatMap((line) => line.split(" | ")).filter((line) => line.startsWith("kubectl "));
  assert.ok(own.length > 8);
  const kinds = new Set([
    "pod",
    "pods",
    "secret",
    "configmap",
    "job",
    "deploy",
    "deployment",
    "poddisruptionbudgets",
    "persistentvolumeclaim",
    ...objects.map(({ kind }) => kind.toLowerCase()),
  ]);
  const labels = new Set(
    workloads(objects).flatMap((workload) => Object.entries(workload.labels).map(([key, value]) => `${key}=${value}`)),
  );
  for (const line of own) {
    assert.match(line, /^kubectl --namespace swarm (get|logs|exec|apply|delete|patch|rollout restart) /, line);
    for (const [, kind] of line.matchAll(/ (\w+)\/net-swarmpost/g)) assert.ok(kinds.has(kind!), line);
    for (const [, list] of line.matchAll(/ (?:get|delete) ([a-z,]+) /g))
      for (const kind of list!.split(",")) assert.ok(kinds.has(kind), line);
    for (const [, selector] of line.matchAll(/--selector (\S+)/g)) assert.ok(labels.has(selector!), line);
    const [, pod, container] = /exec (\S+) --container (\S+)/.exec(line) ?? [];
    if (pod === undefined) continue;
    const found = allContainers(objects).find(
      ({ workload, container: each }) => workload.pods.includes(pod) && each.name === container,
    );
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(line)?.[1]);
    assert.ok(
      found?.container.ports?.some(({ containerPort }) => containerPort === port),
      line,
    );
  }
});

test("every entry that the page takes out of an object is one that prepare makes there", () => {
  const made = preparedObjects(objects, "net-swarmpost");
  const patches = commands.filter((line) => line.includes(" patch "));
  assert.ok(patches.length > 2);
  for (const line of patches) {
    const [, kind = "", name, patch = ""] =
      /patch (secret|configmap) (\S+) --type json --patch '(.*)'$/.exec(line) ?? [];
    const entries = made.get(`${kind === "secret" ? "Secret" : "ConfigMap"} ${name}`);
    assert.ok(entries !== undefined, line);
    for (const { op, path } of JSON.parse(patch) as { op: string; path: string }[]) {
      assert.equal(op, "remove");
      assert.ok(entries.has(path.replace("/data/", "")), line);
    }
  }
});

test("the versions that the page asks for are those of the chart and its tests", () => {
  const chart = readYaml("Chart.yaml") as { kubeVersion: string; version: string };
  const [, kubernetes, helm3, helm4] =
    /Kubernetes ([\d.]+) or newer and Helm ([\d.]+) or ([\d.]+) or newer/.exec(page) ?? [];
  assert.equal(chart.kubeVersion, `>=${kubernetes}.0-0`);
  assert.deepEqual([helm3, helm4], ["3.17", "4.1"]);
  for (const [, tag] of page.matchAll(/--tag swarmpost\S*:([\d.]+)/g)) assert.equal(tag, chart.version);
});
