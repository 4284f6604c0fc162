import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { chartFolder, helm, helms, render, scenarios, template } from "./render.ts";

for (const { version } of helms) {
  for (const { name, options } of scenarios()) {
    test(`helm ${version} finds nothing to say about ${name}`, () => {
      const files = (options.values ?? []).flatMap((file) => ["--values", join(chartFolder, file)]);
      const run = helm(["lint", chartFolder, "--strict", "--kube-version", "1.29.0", ...files], version);
      assert.ok(run.ok && !/\[(ERROR|WARNING)\]/.test(run.stdout), run.stdout + run.stderr);
    });
  }
}

for (const { name, options } of scenarios()) {
  test(`${name}: rendering twice, by either helm, for the oldest and the newest Kubernetes, gives the same objects`, () => {
    const [first, ...others] = helms.flatMap(({ version }) =>
      ["1.29.0", "1.36.0"].map((kubeVersion) => template({ ...options, helm: version, kubeVersion })),
    );
    assert.ok(first!.ok, first!.stderr);
    const plain = (text: string): string =>
      text
        .split("\n")
        .map((line) => line.trimEnd())
        .filter((line) => line !== "" && line !== "---")
        .sort()
        .join("\n");
    for (const other of [...others, template(options)]) assert.equal(plain(other.stdout), plain(first!.stdout));
  });
}

test("a Kubernetes that is too old is refused with its version", () => {
  const run = template({ kubeVersion: "1.28.9" });
  assert.ok(!run.ok);
  assert.match(run.stderr, /1\.28\.9/);
});

test("monitoring objects appear where the API exists or when asked for, and only then", () => {
  const kinds = (set: readonly string[], apis: readonly string[] = []): string[] => {
    const found = render({ set, apis }).filter(({ apiVersion }) => apiVersion.startsWith("monitoring.coreos.com/"));
    return [...new Set(found.map(({ kind }) => kind))].sort();
  };
  const known = [
    "monitoring.coreos.com/v1/PodMonitor",
    "monitoring.coreos.com/v1/PrometheusRule",
    "monitoring.coreos.com/v1",
  ];
  assert.deepEqual(kinds([]), []);
  assert.deepEqual(kinds([], known), ["PodMonitor", "PrometheusRule"]);
  assert.deepEqual(kinds(["monitoring.podMonitor.enabled=true"]), ["PodMonitor"]);
  assert.deepEqual(kinds(["monitoring.rules.enabled=false"], known), ["PodMonitor"]);
});
