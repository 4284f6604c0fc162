import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type KubernetesObject, nameOf, ofKind } from "./manifest.ts";
import { chartFolder, render, type RenderOptions, scenarios } from "./render.ts";
import { componentOf, workloads } from "./workloads.ts";

/** What Kubernetes refuses to change, by kind. */
function fixedPart(object: KubernetesObject): unknown {
  const spec = (object as { spec?: Record<string, unknown> }).spec ?? {};
  switch (object.kind) {
    case "StatefulSet":
      return [spec.selector, spec.serviceName, spec.volumeClaimTemplates, spec.podManagementPolicy];
    case "Deployment":
      return spec.selector;
    case "Service":
      return spec.clusterIP;
    case "RoleBinding":
      return (object as { roleRef?: unknown }).roleRef;
    case "PersistentVolumeClaim":
      return spec;
    case "Job":
      return spec; // a Job that keeps its name must not change at all
    default:
      return undefined;
  }
}

const isTest = (object: KubernetesObject): boolean => object.metadata.annotations?.["helm.sh/hook"] === "test";
/** `helm template` renders every release as its first; a real upgrade has another number in these names. */
const hasRevision = ({ metadata }: KubernetesObject): boolean => metadata.name.endsWith("-r1");
const isHookJob = (object: KubernetesObject): boolean =>
  object.kind === "Job" &&
  object.metadata.annotations?.["helm.sh/hook-delete-policy"]?.includes("before-hook-creation") === true;

/** Objects that are in both states under one name, with a part that may not differ. */
function clashes(before: RenderOptions, after: RenderOptions): string[] {
  const old = new Map(render(before).map((object) => [nameOf(object), object]));
  return render(after).flatMap((object) => {
    const known = old.get(nameOf(object));
    if (known === undefined || isTest(object) || isHookJob(object) || hasRevision(object)) return [];
    return JSON.stringify(fixedPart(known)) === JSON.stringify(fixedPart(object)) ? [] : [nameOf(object)];
  });
}

const changes: readonly (readonly string[])[] = [
  ["image.tag=0.2.0"],
  ["nodes.replicas=12"],
  ["logLevel=debug"],
  ["fileServer.enabled=false"],
  ["networkPolicy.enabled=false"],
  ["nodes.address.type=LoadBalancer"],
  ["commonLabels.team=messaging"],
];

for (const { name, options } of scenarios()) {
  test(`${name}: a change of values asks Kubernetes for nothing that it refuses, there or back`, () => {
    const after = (set: readonly string[]): RenderOptions => ({
      ...options,
      set: [...(options.set ?? []), ...set],
      upgrade: true,
    });
    for (const set of changes) {
      if (name === "default values" || !/address|fileServer/.test(set[0]!)) {
        assert.deepEqual(clashes(options, after(set)), [], set.join());
        assert.deepEqual(clashes(after(set), { ...options, upgrade: true }), [], `back from ${set.join()}`);
      }
    }
  });
}

test("more nodes leave the pods of the others as they are", () => {
  const templates = (options: RenderOptions): string =>
    JSON.stringify(
      workloads(render(options))
        .filter(({ kind, name }) => kind === "StatefulSet" && name.endsWith("-node"))
        .map(({ spec, labels, annotations }) => [spec, labels, annotations]),
    );
  assert.equal(templates({ set: ["nodes.replicas=14"], upgrade: true }), templates({}));
});

test("an upgrade that changes nothing changes no pod", () => {
  const templates = (options: RenderOptions): unknown =>
    workloads(render(options))
      .filter(({ kind }) => kind !== "Job")
      .map(({ name, spec, labels, annotations }) => [name, spec, labels, annotations]);
  assert.deepEqual(templates({ upgrade: true }), templates({}));
});

test("what a new image brings reaches every pod of ours", () => {
  const images = workloads(render({ set: ["image.tag=0.2.0"] })).flatMap(({ spec }) =>
    spec.containers.map((each) => each.image ?? ""),
  );
  const ours = images.filter((image) => image.startsWith("swarmpost:"));
  assert.ok(ours.length > 5);
  assert.deepEqual([...new Set(ours)], ["swarmpost:0.2.0"]);
});

test("Jobs that are no hooks have the revision in their name, so that each upgrade runs them again", () => {
  const plain = ofKind(render({}), "Job").filter(
    ({ metadata }) => metadata.annotations?.["helm.sh/hook"] === undefined,
  );
  assert.deepEqual(plain.map(({ metadata }) => componentOf({ labels: metadata.labels } as never)).sort(), [
    "databases",
    "register",
  ]);
  for (const { metadata } of plain) assert.match(metadata.name, /-r1$/);
  for (const { metadata } of plain) {
    const component = metadata.labels?.["app.kubernetes.io/component"];
    assert.match(readFileSync(join(chartFolder, `templates/${component}/job.yaml`), "utf8"), /\.Release\.Revision/);
  }
});

test("volumes and what prepare made are not in the manifest, or marked, so that uninstalling keeps them", () => {
  const removed = render({}).filter(
    ({ kind, metadata }) =>
      (kind === "Secret" || kind === "PersistentVolumeClaim") &&
      metadata.annotations?.["helm.sh/hook"] === undefined &&
      metadata.annotations?.["helm.sh/resource-policy"] !== "keep",
  );
  assert.deepEqual(removed.map(nameOf), []);
});
