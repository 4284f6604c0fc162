import assert from "node:assert/strict";
import { test } from "node:test";
import { ofKind } from "./manifest.ts";
import { render, scenarios } from "./render.ts";
import { allContainers, workloads } from "./workloads.ts";

// What the design says of nodes, hooks and stores, and what no schema of Kubernetes would miss.

const component = "app.kubernetes.io/component";
const hook = "helm.sh/hook";

for (const { name, options } of scenarios()) {
  test(`${name}: each node's Service leads to its pod alone, ready or not, and shows it its clients' addresses`, () => {
    const objects = render(options);
    const nodes = workloads(objects).find(({ kind, name: own }) => kind === "StatefulSet" && own.endsWith("-node"));
    assert.ok(nodes !== undefined && nodes.pods.length > 0);
    for (const pod of nodes.pods) {
      const spec = ofKind(objects, "Service").find(({ metadata }) => metadata.name === pod)?.spec;
      assert.equal(spec?.publishNotReadyAddresses, true, pod);
      assert.equal(spec.selector?.["statefulset.kubernetes.io/pod-name"], pod);
      if (spec.type !== "ClusterIP") assert.equal(spec.externalTrafficPolicy, "Local", pod);
    }
  });

  test(`${name}: what others need before it is ready is published before`, () => {
    const services = ofKind(render(options), "Service").filter(
      ({ spec }) => spec?.clusterIP === "None" || spec?.selector?.["swarmpost.dev/role"] !== undefined,
    );
    assert.equal(services.length, 4, "the nodes, and the three services of which one pod leads");
    for (const { metadata, spec } of services) assert.equal(spec?.publishNotReadyAddresses, true, metadata.name);
  });

  test(`${name}: nodes start together, are updated one by one, and no budget but their swarm's counts them`, () => {
    const objects = render(options);
    const [nodes] = ofKind(objects, "StatefulSet").filter(({ metadata }) => metadata.labels?.[component] === "node");
    assert.equal(nodes?.spec?.podManagementPolicy, "Parallel");
    assert.deepEqual(nodes.spec.updateStrategy, { type: "RollingUpdate" });
    const labels = nodes.spec.template?.metadata?.labels ?? {};
    for (const { metadata, spec } of ofKind(objects, "PodDisruptionBudget")) {
      const wanted = Object.entries(spec?.selector?.matchLabels ?? {});
      assert.ok(wanted.length > 0, metadata.name);
      assert.ok(!wanted.every(([key, value]) => labels[key] === value), `${metadata.name} counts nodes`);
    }
  });

  test(`${name}: each container of a node has the seed and the URL of its own pod, and no other`, () => {
    const node = allContainers(render(options)).filter(({ workload }) => workload.labels[component] === "node");
    assert.equal(node.length, 2);
    for (const { container, where } of node) {
      const mounts = (container.volumeMounts ?? []).filter(({ name: volume }) =>
        ["keys", "databases", "settings"].includes(volume),
      );
      assert.equal(mounts.length, 2, where);
      for (const mount of mounts) assert.equal(mount.subPathExpr, "$(POD_NAME)", `${where}: ${mount.mountPath}`);
    }
  });

  test(`${name}: keys and passwords are there before whatever is installed, upgraded or rolled back needs them`, () => {
    const hooks = render(options).filter(({ metadata }) => metadata.annotations?.[hook]?.startsWith("pre-") === true);
    const weights = new Map(
      hooks.map(({ kind, metadata }) => [kind, Number(metadata.annotations?.["helm.sh/hook-weight"])]),
    );
    assert.ok(hooks.length >= 4);
    for (const { kind, metadata } of hooks) {
      assert.equal(metadata.annotations?.[hook], "pre-install,pre-upgrade,pre-rollback", metadata.name);
      assert.match(metadata.annotations?.["helm.sh/hook-delete-policy"] ?? "", /before-hook-creation/);
      if (kind !== "Job") assert.ok(weights.get(kind)! < weights.get("Job")!, `${kind} comes before the Job`);
    }
  });
}

test("the quickstart's stores let nobody in without a password", () => {
  const data = new Map(ofKind(render({}), "ConfigMap").map(({ metadata, data: texts }) => [metadata.name, texts]));
  const rules = data.get("net-swarmpost-postgres")?.["pg_hba.conf"]?.trim().split("\n") ?? [];
  assert.ok(rules.length > 0);
  for (const rule of rules) assert.match(rule, /scram-sha-256$/);
  assert.match(data.get("net-swarmpost-nats")?.["nats.conf"] ?? "", /^include \.\/nats-auth\.conf$/m);
  const redis = data.get("net-swarmpost-redis")?.["redis.conf"] ?? "";
  assert.match(redis, /^include \/etc\/swarmpost\/password\/redis\.conf$/m);
  assert.match(redis, /^maxmemory-policy volatile-ttl$/m, "else a full one forgets nothing and takes nothing");
});

test("each store of the quickstart is one instance that writes to its volume", () => {
  const stores = ["postgres", "nats", "redis", "chain"];
  for (const { metadata, spec } of ofKind(render({}), "StatefulSet")) {
    const name = metadata.labels?.[component] ?? "";
    if (!stores.includes(name)) continue;
    assert.equal(spec?.replicas, 1, name);
    const claims = (spec.volumeClaimTemplates ?? []).map((claim) => claim.metadata?.name);
    assert.equal(claims.length, name === "nats" ? 0 : 1, name);
    const mounts = spec.template?.spec?.containers[0]?.volumeMounts ?? [];
    for (const claim of claims) {
      assert.equal(mounts.find((mount) => mount.name === claim)?.mountPath, "/var/lib/swarmpost", name);
    }
  }
});

test("what prepare refuses for good is not tried again", () => {
  const [prepare] = ofKind(render({}), "Job").filter(({ metadata }) => metadata.labels?.[component] === "prepare");
  const rules = prepare?.spec?.["podFailurePolicy"] as { rules: unknown } | undefined;
  const onExitCodes = { containerName: "prepare", operator: "In", values: [2] };
  assert.deepEqual(rules?.rules, [{ action: "FailJob", onExitCodes }]);
  assert.equal(prepare?.spec?.template?.spec?.restartPolicy, "Never", "without it Kubernetes refuses the policy");
});
