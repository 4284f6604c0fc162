import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "yaml";
import { preparedObjects } from "./mounts.ts";
import { chartFolder, helm, render } from "./render.ts";

let folder: string;

// Only an install shows the notes, and it asks a cluster first; so here they are an object of a copy of the chart.
before(() => {
  folder = mkdtempSync(join(tmpdir(), "swarmpost-notes-"));
  cpSync(chartFolder, folder, { recursive: true, dereference: true });
  const text = readFileSync(join(chartFolder, "templates/NOTES.txt"), "utf8");
  writeFileSync(join(folder, "templates/_notes.tpl"), `{{- define "notes" }}${text}{{ end }}`);
  writeFileSync(join(folder, "templates/notes.yaml"), `notes: {{ include "notes" . | quote }}\n`);
});
after(() => rmSync(folder, { recursive: true }));

/** What an installer reads, in one line. */
function notes(set: readonly string[] = []): string {
  const pairs = set.flatMap((pair) => ["--set", pair]);
  const run = helm([
    "template",
    "net",
    folder,
    "--namespace",
    "swarm",
    "--show-only",
    "templates/notes.yaml",
    ...pairs,
  ]);
  assert.ok(run.ok, run.stderr);
  return (parse(run.stdout) as { notes: string }).notes.replaceAll(/\s+/g, " ");
}

/** `count` existing Postgres servers for ten nodes. */
function servers(count: number): string[] {
  return [
    "postgres.enabled=false",
    ...Array.from({ length: count }, (_, server) => {
      const ordinals = Array.from({ length: 10 }, (_, i) => i).filter((i) => i % count === server);
      const at = `databases.servers[${server}]`;
      return `${at}.name=s${server},${at}.url=postgres://a:b@s${server}/postgres,${at}.ordinals=${ordinals.join("\\,")}`;
    }),
  ];
}

test("the notes name what is there, and warn of what must not go to production", () => {
  const text = notes();
  const objects = render({});
  const known = new Set([
    ...objects.map(({ metadata }) => metadata.name),
    ...[...preparedObjects(objects, "net-swarmpost").keys()].map((name) => name.split(" ")[1]!),
  ]);
  const named = [...new Set(text.match(/net-swarmpost-[a-z0-9-]*[a-z0-9]/g))];
  assert.ok(named.length > 2);
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  );
  assert.match(text, /WARNING: chain, postgres, nats, redis of the quickstart: .* NOT for production/);
  assert.match(text, /helm test net --namespace swarm/);
});

test("members of a swarm that share a database server are warned of, for as long as they must", () => {
  assert.match(notes(), /on 1 Postgres server, so members of one swarm share a server\. When one is lost, so may be/);
  assert.match(notes(servers(3)), /on 3 Postgres servers, so members of one swarm share a server\. .* several copies/);
  assert.doesNotMatch(notes(servers(5)), /share a server/);
  assert.doesNotMatch(notes(["nodes.replicas=1"]), /share a server/);
});
