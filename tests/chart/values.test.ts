import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { chartFolder, helms, readYaml, template } from "./render.ts";
import { closedObjects, isClosed, leafPaths, resolve, type Schema, schemaAt } from "./value-paths.ts";

const values = readYaml("values.yaml");
const schema = JSON.parse(readFileSync(join(chartFolder, "values.schema.json"), "utf8")) as Schema;
const sources = globSync("templates/**/*.{yaml,tpl,txt}", { cwd: chartFolder }).map((file) =>
  readFileSync(join(chartFolder, file), "utf8"),
);
/** Templates without their comments, so that a value that only a comment names is read by nobody. */
const templates = sources.join("\n").replaceAll(/\{\{-?\s*\/\*[\s\S]*?\*\/\s*-?\}\}/g, "");

/** Paths after `.Values.`, and those of a part of the values that a template was handed. */
const usedPaths = [
  ...new Set([...templates.matchAll(/\.Values\.([A-Za-z][\w.]*)/g)].map((match) => match[1]!.replace(/\.$/, ""))),
];

test("every value that a template reads is in the schema", () => {
  assert.ok(usedPaths.length > 20);
  assert.deepEqual(
    usedPaths.filter((path) => schemaAt(path, schema) === undefined),
    [],
  );
});

test("every value is read by a template, or is part of one that is handed on whole", () => {
  const unread = leafPaths(values, schema).filter((path) => {
    const parts = path.split(".");
    const handedOn = parts.some((_, end) => usedPaths.includes(parts.slice(0, end + 1).join(".")));
    return !(handedOn && new RegExp(`\\.${parts.at(-1)!}\\b|"${parts.at(-1)!}"`).test(templates));
  });
  assert.deepEqual(unread, []);
});

test("the schema names every value and knows no other", () => {
  assert.deepEqual(
    leafPaths(values, schema).filter((path) => schemaAt(path, schema) === undefined),
    [],
  );
  const unknown: string[] = [];
  const walk = (part: Schema, path: string, given: unknown): void => {
    const known = resolve(part, schema);
    if (!isClosed(known)) return;
    for (const [key, inner] of Object.entries(known.properties!)) {
      if (key === "global" && path === "") continue; // helm's own
      const value = (given as Record<string, unknown> | undefined)?.[key];
      if (value === undefined) unknown.push(`${path}${key}`);
      else walk(inner, `${path}${key}.`, value);
    }
  };
  walk(schema, "", values);
  assert.deepEqual(unknown, []);
});

test("every value has a comment in values.yaml", () => {
  const lines = readFileSync(join(chartFolder, "values.yaml"), "utf8").split("\n");
  const bare = lines.filter((line, index) => {
    const key = /^( *)[A-Za-z][\w]*:/.exec(line);
    if (key === null || key[1]!.length > 4) return false;
    const above = lines[index - 1] ?? "";
    return (
      !above.trim().startsWith("#") &&
      !/^( *)(requests|limits|[A-Z_]+|kubernetes|grafana_dashboard|[\w.]*\/)/.test(line.trim()) &&
      !line.includes("  #")
    );
  });
  assert.deepEqual(bare, []);
});

for (const { version } of helms) {
  test(`helm ${version} refuses a value that nobody knows, at every level, and names it`, () => {
    for (const path of ["", ...closedObjects(values, schema)]) {
      const run = template({ set: [`${path === "" ? "" : `${path}.`}bogusValue=1`], helm: version });
      assert.ok(!run.ok, `${path}: an unknown value is taken`);
      assert.match(run.stderr, /bogusValue/, path);
    }
  });
}

test("a value of a wrong type is refused and named", () => {
  for (const [pair, name] of [
    ["nodes.replicas=many", "replicas"],
    ["nodes.replicas=-1", "replicas"],
    ["nodes.address.type=Carrier", "type"],
    ["image.pullPolicy=Sometimes", "pullPolicy"],
    ["chain.enabled=perhaps", "enabled"],
    ["chain.contract=0x12", "contract"],
    ["network.addressPolicy=secret", "addressPolicy"],
    ["logLevel=loud", "logLevel"],
  ] as const) {
    const run = template({ set: [pair] });
    assert.ok(!run.ok, `${pair} is taken`);
    assert.match(run.stderr, new RegExp(name), pair);
  }
});

/** Values that contradict each other, and a value that the sentence about them must name. */
const contradictions: readonly (readonly [set: readonly string[], named: string])[] = [
  [["chain.enabled=false"], "chain.rpcUrls"],
  [["chain.enabled=false", "chain.rpcUrls[0]=https://rpc.example.org"], "chain.contract"],
  [["chain.rpcUrls[0]=https://rpc.example.org"], "chain.enabled"],
  [["nats.enabled=false"], "nats.url"],
  [["nats.url=nats://n.example.org:4222"], "nats.enabled"],
  [["redis.enabled=false"], "redis.url"],
  [["redis.url=redis://r.example.org:6379"], "redis.enabled"],
  [["postgres.enabled=false"], "databases.servers"],
  [["nodes.unlock[0]=10"], "nodes.unlock"],
  [["nodes.autoscaling.enabled=true"], "autoscaling"],
  [["nats.enabled=false", "nats.url=nats://n:4222", "nats.existingSecret.name=given-nats"], "nats.existingSecret"],
  [["nats.ca.existingSecret=given-ca"], "nats.ca.existingSecret"],
  [["fileServer.replicas=2"], "fileServer.replicas"],
  [["fileServer.autoscaling.enabled=true"], "fileServer.autoscaling.enabled"],
  [["fileServer.content.type=s3"], "fileServer.content.s3.bucket"],
  [["fileServer.content.s3.bucket=files"], "fileServer.content.type"],
  [
    ["fileServer.content.persistence.enabled=false", "fileServer.content.persistence.existingClaim=mine"],
    "fileServer.content.persistence.enabled",
  ],
];

for (const [set, named] of contradictions) {
  test(`${set.join(" and ")}: refused with a sentence that names ${named}`, () => {
    const run = template({ set });
    assert.ok(!run.ok, "it is taken");
    assert.ok(run.stderr.includes(named), run.stderr);
  });
}
