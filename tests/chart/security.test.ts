import assert from "node:assert/strict";
import { test } from "node:test";
import { nameOf, ofKind } from "./manifest.ts";
import { render, scenarios } from "./render.ts";
import { allContainers, type PlacedContainer, type Workload, workloads } from "./workloads.ts";

// The restricted profile of the Pod Security Standards, and what this chart promises beyond it.

const allowedVolumes = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

function podFaults({ name, spec, kind }: Workload): string[] {
  const faults: string[] = [];
  const say = (text: string): number => faults.push(`${kind} ${name}: ${text}`);
  for (const field of ["hostNetwork", "hostPID", "hostIPC"] as const) if (spec[field] === true) say(field);
  const context = spec.securityContext;
  if (context?.runAsNonRoot !== true) say("runAsNonRoot");
  if (context?.runAsUser !== 10_001 || context.runAsGroup !== 10_001) say("is not 10001:10001");
  if (context?.seccompProfile?.type !== "RuntimeDefault") say("seccompProfile");
  for (const volume of spec.volumes ?? []) {
    const types = Object.keys(volume).filter((key) => key !== "name");
    if (!types.every((type) => allowedVolumes.includes(type))) say(`volume ${volume.name}: ${types.join()}`);
  }
  const keepsData =
    kind === "StatefulSet" && (spec.volumes ?? []).some((volume) => volume.persistentVolumeClaim !== undefined);
  if (keepsData && context?.fsGroup !== 10_001) say("fsGroup: its volume would belong to root");
  if ((spec.serviceAccountName ?? "default") === "default" && spec.automountServiceAccountToken !== false)
    say("has a token");
  if (spec.terminationGracePeriodSeconds === undefined && kind !== "Job" && kind !== "Pod")
    say("terminationGracePeriodSeconds");
  return faults;
}

function containerFaults({ container, where }: PlacedContainer, hostPorts: boolean): string[] {
  const faults: string[] = [];
  const say = (text: string): number => faults.push(`${where}: ${text}`);
  const context = container.securityContext;
  if (context?.allowPrivilegeEscalation !== false) say("allowPrivilegeEscalation");
  if (context?.readOnlyRootFilesystem !== true) say("readOnlyRootFilesystem");
  if (context?.privileged === true) say("privileged");
  if (context?.runAsUser !== undefined && context.runAsUser !== 10_001) say("runAsUser");
  if (context?.runAsNonRoot === false) say("runAsNonRoot");
  if (context?.capabilities?.drop?.join() !== "ALL" || context.capabilities.add !== undefined) say("capabilities");
  if (!hostPorts && (container.ports ?? []).some((port) => port.hostPort !== undefined)) say("hostPort");
  const { requests, limits } = container.resources ?? {};
  if (requests?.cpu === undefined || requests.memory === undefined) say("requests");
  if (limits?.memory === undefined) say("no limit of memory");
  if (!/^[^:@]+(:\d+\/[^:@]+)?[:@]./.test(container.image ?? "")) say(`image ${container.image} without a tag`);
  return faults;
}

for (const { name, options } of scenarios()) {
  test(`${name}: every pod keeps to the restricted Pod Security Standard, with a read-only root and bounds`, () => {
    const objects = render(options);
    const hostPorts = /host-?port/i.test(name);
    const faults = [
      ...workloads(objects).flatMap(podFaults),
      ...allContainers(objects).flatMap((placed) => containerFaults(placed, hostPorts)),
    ];
    assert.deepEqual(faults, []);
  });

  test(`${name}: our image is started without a shell, with the program as its only word of command`, () => {
    const faults = allContainers(render(options)).flatMap(({ container, where }) => {
      const ours = /(^|\/)swarmpost:/.test(container.image ?? "");
      return ours && (container.command !== undefined || container.args === undefined) ? [where] : [];
    });
    assert.deepEqual(faults, []);
  });

  test(`${name}: nothing is done by a cluster-wide right, and every object is of the release's namespace`, () => {
    const objects = render(options);
    const wide = objects.filter(({ kind }) => /^Cluster|^Namespace$|^CustomResourceDefinition$|Webhook/.test(kind));
    assert.deepEqual(wide.map(nameOf), []);
    const elsewhere = objects.filter(
      ({ metadata }) => metadata.namespace !== undefined && metadata.namespace !== "swarm",
    );
    assert.deepEqual(elsewhere.map(nameOf), []);
  });

  test(`${name}: a Role is held by exactly the pods that are bound to it, and every token has a Role`, () => {
    const objects = render(options);
    const accounts = new Set(ofKind(objects, "ServiceAccount").map((account) => account.metadata.name));
    const bound = new Set<string>();
    for (const binding of ofKind(objects, "RoleBinding")) {
      const role = ofKind(objects, "Role").find(({ metadata }) => metadata.name === binding.roleRef.name);
      assert.ok(role !== undefined && binding.roleRef.kind === "Role", `${binding.metadata.name}: no such Role`);
      for (const subject of binding.subjects ?? []) bound.add(subject.name);
    }
    const users = new Set(workloads(objects).flatMap(({ spec }) => spec.serviceAccountName ?? []));
    assert.deepEqual([...users].sort(), [...accounts].sort());
    const projected = (spec: Workload["spec"]): boolean =>
      (spec.volumes ?? []).some(({ projected: all }) => all?.sources?.some((source) => source.serviceAccountToken));
    const withToken = workloads(objects).filter(
      ({ spec }) => spec.automountServiceAccountToken !== false || projected(spec),
    );
    assert.deepEqual([...new Set(withToken.map(({ spec }) => spec.serviceAccountName))].sort(), [...bound].sort());
  });
}
