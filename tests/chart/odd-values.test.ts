import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chartFolder, helm, helms, readYaml, template } from "./render.ts";
import { leafPaths, type Schema, schemaAt } from "./value-paths.ts";

const schema = JSON.parse(readFileSync(join(chartFolder, "values.schema.json"), "utf8")) as Schema;

/** Values that no `--set` can give: helm reads numbers of a file as floating point. */
function templateOf(values: object, version: string): string {
  const folder = mkdtempSync(join(tmpdir(), "swarmpost-values-"));
  try {
    const file = join(folder, "values.json");
    writeFileSync(file, JSON.stringify(values));
    const run = helm(["template", "net", chartFolder, "--namespace", "swarm", "--values", file], version);
    assert.ok(run.ok, run.stderr);
    return run.stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const LARGE = 2_000_000;

/** `{a: {b: value}}` for `a.b`. */
function put(into: Record<string, unknown>, path: string, value: number): void {
  const parts = path.split(".");
  const last = parts.pop()!;
  const inner = parts.reduce((at, part) => (at[part] ??= {}) as Record<string, unknown>, into);
  inner[last] = value;
}

for (const { version } of helms) {
  test(`helm ${version}: a number of millions is written as it is, wherever the schema takes it`, () => {
    const values: Record<string, unknown> = {};
    const large = leafPaths(readYaml("values.yaml"), schema).filter((path) => {
      const { type, maximum } = schemaAt(path, schema) as { type?: unknown; maximum?: number };
      if (/replicas$/i.test(path)) return false; // of pods there are never millions
      return type === "integer" && (maximum ?? Number.POSITIVE_INFINITY) >= LARGE;
    });
    assert.ok(large.length >= 6, large.join());
    for (const path of large) put(values, path, LARGE);
    const manifest = templateOf(values, version);
    const powers = manifest.split("\n").filter((line) => /^[^{}]*\b\d(\.\d+)?e[+]\d+\b/.test(line));
    assert.deepEqual(powers, []);
    assert.match(manifest, /CHAIN_BLOCK_MS\n\s+value: "2000000"/);
  });
}

const external = "chain.enabled=false,chain.rpcUrls[0]=https://rpc.example.org";

/** Values that contradict each other, and a value that the sentence about them must name. */
const contradictions: readonly (readonly [set: string, named: string])[] = [
  ["nodes.drainMs=55000", "nodes.terminationGracePeriodSeconds"],
  ["nodes.address.host=swarm.example.org", "nodes.address.host"],
  ["nodes.address.type=HostPort,nodes.address.host=swarm.example.org", "nodes.address.host"],
  ["nodes.replicas=2,nodes.address.ips={192.0.2.1,192.0.2.1}", "nodes.address.ips"],
  [
    "nodes.address.type=HostPort,nodes.seedHttp.enabled=true,nodes.seedHttp.type=HostPort,nodes.seedHttp.port=22021",
    "nodes.seedHttp.port",
  ],
  ["nodes.seedHttp.enabled=true,nodes.seedHttp.type=NodePort", "nodes.seedHttp.port"],
  ["commonLabels.app\\.kubernetes\\.io/name=mine", "commonLabels"],
  ["commonLabels.swarmpost\\.dev/role=leader", "commonLabels"],
  ["commonLabels.team=two words", "commonLabels.team"],
  [`${external},chain.contract=0x1111111111111111111111111111111111111111`, "operator.existingSecret.name"],
];

for (const [set, named] of contradictions) {
  test(`${set}: refused with a sentence that names ${named}`, () => {
    const run = template({ set: [set] });
    assert.ok(!run.ok, "it is taken");
    assert.ok(run.stderr.includes(named), run.stderr);
  });
}

for (const set of [
  "nodes.drainMs=40000",
  "nodes.address.type=NodePort,nodes.address.host=swarm.example.org",
  "nodes.replicas=1,nodes.address.host=swarm.example.org",
  `${external},chain.contract=0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512,operator.developmentAccount=2`,
  "commonLabels.team=messaging,commonLabels.example\\.org/tier=two",
]) {
  test(`${set}: taken`, () => {
    const run = template({ set: [set] });
    assert.ok(run.ok, run.stderr);
  });
}
