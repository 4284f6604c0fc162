import assert from "node:assert/strict";
import { test } from "node:test";
import { isHook, type KubernetesObject, matches, nameOf, ofKind } from "./manifest.ts";
import { render, scenarios } from "./render.ts";
import { componentOf, type Workload, workloads } from "./workloads.ts";

const podName = "statefulset.kubernetes.io/pod-name";
/** Labels that pods get while they run: from Kubernetes and from our services. */
const dynamic = [podName, "swarmpost.dev/role", "swarmpost.dev/swarm", "batch.kubernetes.io/job-name"];

/** Workloads whose pods a selector can ever choose. */
function chosen(objects: readonly KubernetesObject[], selector: Record<string, string>): Workload[] {
  const fixed = Object.fromEntries(Object.entries(selector).filter(([key]) => !dynamic.includes(key)));
  return workloads(objects).filter(({ labels, pods }) => {
    const pod = selector[podName];
    return matches(fixed, labels) && (pod === undefined || pods.includes(pod));
  });
}

for (const { name, options } of scenarios()) {
  test(`${name}: every object carries the release's labels, and no two have the same name`, () => {
    const objects = render(options);
    const names = objects.map((object) => `${object.apiVersion} ${nameOf(object)}`);
    assert.deepEqual(names.toSorted(), [...new Set(names)].sort());
    const bare = objects.filter(({ metadata }) => {
      const labels = metadata.labels ?? {};
      const wanted = {
        "app.kubernetes.io/instance": "net",
        "app.kubernetes.io/part-of": "swarmpost",
        "app.kubernetes.io/managed-by": "Helm",
      };
      return !matches(wanted, labels) || labels["app.kubernetes.io/name"] === undefined;
    });
    assert.deepEqual(bare.map(nameOf), []);
  });

  test(`${name}: a workload selects its own pods and nobody else's`, () => {
    const objects = render(options);
    for (const kind of ["Deployment", "StatefulSet"] as const) {
      for (const object of ofKind(objects, kind)) {
        const selector = object.spec?.selector.matchLabels as Record<string, string>;
        assert.deepEqual(
          chosen(objects, selector).map((each) => each.name),
          [object.metadata.name],
          nameOf(object as KubernetesObject),
        );
        assert.equal(selector["app.kubernetes.io/version"], undefined, "a selector that an upgrade would change");
      }
    }
  });

  test(`${name}: a Service selects the pods of one component, by release and component`, () => {
    const objects = render(options);
    for (const service of ofKind(objects, "Service")) {
      const selector = service.spec?.selector as Record<string, string>;
      const [found, ...more] = chosen(objects, selector);
      assert.ok(found !== undefined, `Service ${service.metadata.name} selects nothing`);
      assert.deepEqual(
        more.map((each) => each.name),
        [],
        `Service ${service.metadata.name}`,
      );
      assert.equal(selector["app.kubernetes.io/instance"], "net", `Service ${service.metadata.name}`);
      assert.equal(service.metadata.labels?.["app.kubernetes.io/component"], componentOf(found));
    }
  });

  test(`${name}: no budget and no autoscaler of the chart can choose a node's pod`, () => {
    const objects = render(options);
    const node = workloads(objects).find((workload) => componentOf(workload) === "node");
    assert.ok(node !== undefined);
    for (const budget of ofKind(objects, "PodDisruptionBudget")) {
      const selector = budget.spec?.selector?.matchLabels as Record<string, string>;
      const found = chosen(objects, selector);
      assert.deepEqual(
        found.map(componentOf).filter((component) => component === "node"),
        [],
        budget.metadata.name,
      );
      assert.equal(found.length, 1, `PodDisruptionBudget ${budget.metadata.name} is for one workload`);
      const { minAvailable, maxUnavailable } = budget.spec ?? {};
      const drains =
        minAvailable === undefined ? Number(maxUnavailable) > 0 : Number(minAvailable) < found[0]!.replicas;
      assert.ok(drains, `PodDisruptionBudget ${budget.metadata.name} would block every drain`);
    }
    for (const scaler of ofKind(objects, "HorizontalPodAutoscaler")) {
      const target = workloads(objects).find(
        (each) => each.kind === scaler.spec?.scaleTargetRef.kind && each.name === scaler.spec.scaleTargetRef.name,
      );
      assert.ok(target !== undefined && componentOf(target) !== "node", scaler.metadata.name);
    }
  });

  test(`${name}: pods of more than one replica spread over the nodes of the cluster`, () => {
    const objects = render(options);
    const gathered = workloads(objects).filter(({ kind, replicas, spec }) => {
      if (kind === "Job" || kind === "Pod" || replicas < 2) return false;
      return (spec.topologySpreadConstraints ?? []).length === 0;
    });
    assert.deepEqual(
      gathered.map((each) => each.name),
      [],
    );
    for (const { spec, labels, name: workload } of workloads(objects)) {
      for (const { labelSelector } of spec.topologySpreadConstraints ?? []) {
        assert.ok(matches(labelSelector?.matchLabels, labels), `${workload} spreads by other pods`);
      }
    }
  });

  test(`${name}: only what a release needs before it stands is a hook`, () => {
    const hooks = render(options)
      .filter(isHook)
      .filter(({ kind }) => kind === "Job" || kind === "Pod");
    const bad = hooks.filter(
      ({ metadata }) => !/prepare|message-test/.test(metadata.labels?.["app.kubernetes.io/component"] ?? ""),
    );
    assert.deepEqual(bad.map(nameOf), []);
  });
}
