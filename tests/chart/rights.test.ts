import assert from "node:assert/strict";
import { test } from "node:test";
import { importedFunctions, type Right, rightsOfFunctions } from "./api-use.ts";
import { type KubernetesObject, ofKind } from "./manifest.ts";
import { render } from "./render.ts";
import { componentOf, workloads } from "./workloads.ts";

/** Where the sources of the programs are that may hold a token. */
const sources: Readonly<Record<string, readonly string[]>> = {
  "chain-watcher": ["services/chain-watcher/**/*.ts"],
  "swarm-coordinator": ["services/swarm-coordinator/**/*.ts"],
  "test-suite": ["services/test-suite/**/*.ts"],
  node: ["services/relay/**/*.ts", "services/storage/**/*.ts"],
  prepare: ["libs/release/**/*.ts"],
};

const functions = await rightsOfFunctions();

/** What the Roles of a component's pods let them do. */
function granted(component: string, objects: readonly KubernetesObject[]): readonly Right[] {
  const account = workloads(objects).find((workload) => componentOf(workload) === component)?.spec.serviceAccountName;
  const roles = ofKind(objects, "RoleBinding")
    .filter(({ subjects }) => subjects?.some(({ name }) => name === account))
    .map(({ roleRef }) => ofKind(objects, "Role").find(({ metadata }) => metadata.name === roleRef.name)!);
  const rights = roles.flatMap(({ rules }) =>
    (rules ?? []).flatMap(({ apiGroups = [], resources = [], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${group}/${resource} ${verb}`)),
      ),
    ),
  );
  return [...new Set(rights)].sort();
}

for (const [component, patterns] of Object.entries(sources)) {
  test(`${component}: its Roles allow what its code calls of the Kubernetes API, and nothing else`, () => {
    const called = importedFunctions(patterns).flatMap((name) => functions.get(name) ?? []);
    const objects = render({ set: ["nodes.address.type=LoadBalancer"] });
    assert.ok(called.length > 0);
    assert.deepEqual(granted(component, objects), [...new Set(called)].sort());
  });
}

test("a Role names the objects that it is about wherever their names are known before", () => {
  const open = ofKind(render({ set: ["nodes.address.type=LoadBalancer"] }), "Role").flatMap(({ metadata, rules }) =>
    (rules ?? [])
      .filter(({ resourceNames }) => resourceNames === undefined)
      .flatMap(({ resources = [], verbs }) =>
        resources.flatMap((resource) => verbs.map((verb) => `${metadata.name}: ${verb} ${resource}`)),
      ),
  );
  const services = ["chain-watcher", "swarm-coordinator", "test-suite"];
  const allowed = [
    // Pods of a Deployment have invented names.
    ...services.flatMap((service) => ["get", "list", "patch"].map((verb) => `net-swarmpost-${service}: ${verb} pods`)),
    ...["list", "watch"].map((verb) => `net-swarmpost-swarm-coordinator: ${verb} pods`),
    ...["list", "create", "update", "delete"].map(
      (verb) => `net-swarmpost-swarm-coordinator: ${verb} poddisruptionbudgets`,
    ),
    ...["secrets", "configmaps"].map((resource) => `net-swarmpost-prepare: create ${resource}`), // a name cannot bound it
  ];
  assert.deepEqual([...new Set(open)].sort(), [...new Set(allowed)].sort());
});

test("nodes that publish what they are told hold no token", () => {
  const node = workloads(render({})).find((workload) => componentOf(workload) === "node");
  assert.equal(node?.spec.automountServiceAccountToken, false);
});
