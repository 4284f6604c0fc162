import assert from "node:assert/strict";
import { test } from "node:test";
import { nameOf } from "./manifest.ts";
import { render, type RenderOptions } from "./render.ts";
import { workloads } from "./workloads.ts";

/** What is switched off, how, and what must be told instead. */
const switches: readonly (readonly [component: string, options: RenderOptions])[] = [
  ["file-server", { set: ["fileServer.enabled=false"] }],
  [
    "chain",
    {
      set: [
        "chain.enabled=false",
        "chain.rpcUrls[0]=https://rpc.example.org",
        `chain.contract=0x${"1f".repeat(20)}`,
        "operator.existingSecret.name=given-operator",
      ],
    },
  ],
  [
    "postgres",
    {
      set: [
        "postgres.enabled=false",
        "databases.servers[0].name=main",
        "databases.servers[0].existingSecret.name=given-postgres",
        "databases.servers[0].existingSecret.key=url",
        "databases.servers[0].ordinals=0-9",
      ],
    },
  ],
  ["nats", { set: ["nats.enabled=false", "nats.existingSecret.name=given-nats"] }],
  ["redis", { set: ["redis.enabled=false", "redis.existingSecret.name=given-redis"] }],
  ["register", { set: ["operator.register=false"] }],
];

for (const [component, options] of switches) {
  test(`without ${component} nothing of it is left in any object`, () => {
    const name = new RegExp(`net-swarmpost-${component}(?![a-z]|-watcher)`);
    const traceOf = (rendered: RenderOptions): string[] =>
      render(rendered).flatMap((object) => {
        const label = object.metadata.labels?.["app.kubernetes.io/component"] === component;
        return label || name.test(JSON.stringify(object)) ? [nameOf(object)] : [];
      });
    assert.notDeepEqual(traceOf({}), [], "it is there while switched on");
    assert.deepEqual(traceOf(options), []);
  });
}

test("seeds answer in the clear only where they are asked to, at one Service over all nodes", () => {
  const traces = (set: readonly string[]): readonly string[] =>
    render({ set }).flatMap((object) =>
      /seed-http|SEED_HTTP|22025/.test(JSON.stringify(object)) ? [nameOf(object)] : [],
    );
  assert.deepEqual(traces([]), []);
  assert.deepEqual(traces(["nodes.seedHttp.enabled=true"]).toSorted(), [
    "NetworkPolicy net-swarmpost-node",
    "Service net-swarmpost-seeds",
    "StatefulSet net-swarmpost-node",
  ]);
});

test("without NetworkPolicies, PodMonitors and autoscalers asked for there are none", () => {
  const kinds = new Set(render({ set: ["networkPolicy.enabled=false"] }).map(({ kind }) => kind));
  for (const kind of ["NetworkPolicy", "PodMonitor", "PrometheusRule", "HorizontalPodAutoscaler"]) {
    assert.ok(!kinds.has(kind), kind);
  }
});

test("two releases of one namespace share no name, and neither selects the other's pods", () => {
  const names = (release: string): string[] => render({ release }).map(nameOf);
  const other = new Set(names("other"));
  assert.deepEqual(
    names("net").filter((name) => other.has(name)),
    [],
  );
});

test("a long name of a release still gives names that Kubernetes takes", () => {
  const release = "a-release-with-a-name-of-exactly-fifty-three-letters1";
  for (const { metadata, kind } of render({ release })) {
    assert.ok(metadata.name.length <= (kind === "StatefulSet" ? 52 : 63), `${kind} ${metadata.name}`);
    for (const value of Object.values(metadata.labels ?? {})) assert.ok(value.length <= 63, value);
  }
});

/** `100m` or `2` → cores. */
function cores(quantity: unknown): number {
  const text = String(quantity ?? "0");
  return text.endsWith("m") ? Number(text.slice(0, -1)) / 1000 : Number(text);
}

test("the evaluation's pods ask for at most 0.9 of a core together, so that they fit two cores beside the cluster's own", () => {
  const total = workloads(render({}))
    .filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet")
    .reduce(
      (sum, { spec, replicas }) =>
        sum + replicas * spec.containers.reduce((all, each) => all + cores(each.resources?.requests?.cpu), 0),
      0,
    );
  assert.ok(total > 0.1 && total <= 0.9, `${total} cores`);
});
