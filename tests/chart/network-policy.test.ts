import assert from "node:assert/strict";
import { test } from "node:test";
import { type Arrow, arrowsOf } from "./arrows.ts";
import { ofKind } from "./manifest.ts";
import { Policies } from "./policies.ts";
import { programs } from "./programs.ts";
import { render, scenarios } from "./render.ts";
import { componentOf, containersOf, type Workload, workloads } from "./workloads.ts";

const anywhere = { cidr: "0.0.0.0/0" };
/** Ports of a node that everybody may reach, where its relay or storage serves them: clients, seed questions, and nodes of other clusters. */
const publicPorts = [22_020, 22_021, 22_022, 22_025];
const isNode = (workload: Workload): boolean => componentOf(workload) === "node";

/** Links of a node that the network view leads to, not a setting: to the public ports of every other node. */
function links(all: readonly Workload[]): Arrow[] {
  const node = all.find(isNode)!;
  return publicPorts
    .slice(0, 1)
    .concat(22_022)
    .map((port) => ({ from: node, to: node, port, because: "swarm map" }));
}

const text = ({ from, to, port }: Pick<Arrow, "from" | "to" | "port">): string =>
  `${componentOf(from)} → ${componentOf(to)}:${port}`;

const enforced = scenarios().filter(({ options }) => ofKind(render(options), "NetworkPolicy").length > 0);

test("at least the default values and one of the other scenarios make policies", () => {
  assert.ok(enforced.length >= 2 && enforced[0]!.name === "default values");
});

for (const { name, options } of enforced) {
  test(`${name}: all traffic of every pod is denied but what a rule allows`, () => {
    const objects = render(options);
    const policies = new Policies(objects);
    for (const pod of workloads(objects)) {
      assert.ok(policies.isolates(pod, "Ingress") && policies.isolates(pod, "Egress"), pod.name);
    }
  });

  test(`${name}: every address in a setting is an arrow that both of its ends allow`, () => {
    const objects = render(options);
    const policies = new Policies(objects);
    const arrows = [...arrowsOf(objects), ...links(workloads(objects))];
    assert.ok(arrows.length > 10);
    const blocked = arrows.flatMap((arrow) => [
      ...(policies.letsOut(arrow.from, arrow.to, arrow.port)
        ? []
        : [`${text(arrow)} may not go out (${arrow.because})`]),
      ...(policies.letsIn(arrow.to, arrow.from, arrow.port) ? [] : [`${text(arrow)} is not let in (${arrow.because})`]),
    ]);
    assert.deepEqual([...new Set(blocked)], []);
  });

  test(`${name}: no arrow is allowed that no setting explains`, () => {
    const objects = render(options);
    const policies = new Policies(objects);
    const all = workloads(objects);
    const wanted = new Set([...arrowsOf(objects), ...links(all)].map(text));
    const ports = (to: Workload): number[] =>
      containersOf(to).flatMap(({ container }) => (container.ports ?? []).map((port) => port.containerPort));
    const extra = all.flatMap((from) =>
      all.flatMap((to) =>
        ports(to)
          .filter((port) => !(isNode(to) && publicPorts.includes(port)))
          .filter((port) => policies.letsIn(to, from, port) || policies.letsOut(from, to, port))
          .map((port) => text({ from, to, port }))
          .filter((arrow) => !wanted.has(arrow)),
      ),
    );
    assert.deepEqual(extra, []);
  });

  test(`${name}: who has a name to look up may ask DNS, and only pods with a token may ask the Kubernetes API`, () => {
    const objects = render(options);
    const policies = new Policies(objects);
    const lonely = ["postgres", "nats", "redis", "chain"];
    for (const pod of workloads(objects)) {
      const asks = !lonely.includes(componentOf(pod));
      for (const protocol of ["UDP", "TCP"]) {
        const dns = { ...pod, labels: { "k8s-app": "kube-dns" } };
        assert.equal(
          policies.letsOut(pod, dns, 53, protocol) || policies.letsOut(pod, anywhere, 53, protocol),
          asks,
          pod.name,
        );
      }
      const token = pod.spec.automountServiceAccountToken !== false;
      const exits = programs(containersOf(pod)).some((program) =>
        program.container.env?.some((each) => each.name === "EXIT_HOSTS" && each.value !== ""),
      );
      if (!exits) assert.equal(policies.letsOut(pod, anywhere, 6443), token, `${pod.name}: Kubernetes API`);
    }
  });

  test(`${name}: clients and other clusters reach the public ports of nodes, and nothing else`, () => {
    const objects = render(options);
    const policies = new Policies(objects);
    for (const pod of workloads(objects)) {
      for (const { container } of containersOf(pod)) {
        for (const { containerPort } of container.ports ?? []) {
          const open = policies.letsIn(pod, anywhere, containerPort);
          const shared = componentOf(pod) === "chain" && open; // networkPolicy.chainFrom may open it
          assert.equal(
            open && !shared,
            isNode(pod) && publicPorts.includes(containerPort),
            `${pod.name}:${containerPort}`,
          );
        }
      }
    }
  });
}

test("only a file server whose files are in a bucket may ask it", () => {
  const asks = (values: readonly string[]): boolean => {
    const objects = render({ values });
    const pod = workloads(objects).find((workload) => componentOf(workload) === "file-server")!;
    return new Policies(objects).letsOut(pod, anywhere, 9000);
  };
  assert.deepEqual([asks([]), asks(["ci/s3-values.yaml"])], [false, true]);
});

test("whoever brings other operators' requests to the file server can be let in", () => {
  const objects = render({ set: ["networkPolicy.fileServerFrom[0].ipBlock.cidr=0.0.0.0/0"] });
  const pod = workloads(objects).find((workload) => componentOf(workload) === "file-server")!;
  assert.ok(new Policies(objects).letsIn(pod, anywhere, 22_080));
});
