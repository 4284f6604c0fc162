import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openDatabase } from "@swarmpost/postgres";
import { createLogger, parseConfig } from "@swarmpost/runtime";
import {
  eventually,
  type PostgresServer,
  sparePort,
  startPostgres,
  type TemporaryFolder,
  temporaryFolder,
} from "@swarmpost/testkit";
import { makeDatabases } from "./databases.ts";
import { databasesConfig } from "./databases-config.ts";

let postgres: PostgresServer;
let folder: TemporaryFolder;

before(async () => {
  [postgres, folder] = await Promise.all([startPostgres(), temporaryFolder()]);
});
after(async () => {
  await postgres[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

interface Run {
  readonly lines: string[];
  readonly logs: string[];
  readonly done: Promise<void>;
}

let runs = 0;

/** One run of the job on these URLs, by server and by entry. */
async function run(servers: Record<string, string>, urls: Record<string, string>, stop?: AbortSignal): Promise<Run> {
  const place = join(folder.path, String(runs++));
  for (const [name, files] of Object.entries({ servers, urls })) {
    await mkdir(join(place, name, "..2026_data"), { recursive: true }); // as Kubernetes mounts a Secret
    for (const [file, text] of Object.entries(files)) await writeFile(join(place, name, file), `${text}\n`);
  }
  const env = { DATABASES_DIR: join(place, "urls"), DATABASE_SERVERS_DIR: join(place, "servers") };
  const [lines, logs]: [string[], string[]] = [[], []];
  const destination = { write: (line: string) => void logs.push(line) };
  const logger = createLogger({ service: "databases", level: "debug", destination });
  const signal = stop ?? new AbortController().signal;
  const print = (line: string): void => void lines.push(line);
  return { lines, logs, done: makeDatabases(parseConfig(databasesConfig, env), { logger, signal, print }) };
}

function urlOf(name: string, password: string, port = postgres.port): string {
  return `postgres://${name}:${password}@127.0.0.1:${port}/${name}`;
}

async function owner(url: string): Promise<unknown> {
  await using database = openDatabase({ url, maxConnections: 1 });
  await database.query({ text: "create table if not exists mine (id int)" });
  const { rows } = await database.query({ text: "select current_user as name, current_database() as base" });
  return rows[0];
}

test("each entry gets its own role and database, whose contents stay at the next run", async () => {
  const urls = { "net-node-0": urlOf("n0", "secretA"), "net-node-1": urlOf("n1", "secretB") };
  const first = await run({ main: postgres.url() }, urls);
  await first.done;
  assert.deepEqual(first.lines, ["main: 2 databases"]);
  assert.deepEqual(await owner(urls["net-node-0"]), { name: "n0", base: "n0" });
  await using mine = openDatabase({ url: urls["net-node-1"], maxConnections: 1 });
  await mine.query({ text: "create table mine (id int)" });
  await (await run({ main: postgres.url() }, { ...urls, more: urlOf("n2", "secretC") })).done;
  assert.equal((await mine.query({ text: "select * from mine" })).rowCount, 0);
  assert.deepEqual(await owner(urlOf("n2", "secretC")), { name: "n2", base: "n2" });
  const said = [...first.lines, ...first.logs].join("\n");
  assert.doesNotMatch(said, /secret[ABC]/);
});

test("no role gets into the database of another", async () => {
  await (await run({ main: postgres.url() }, { a: urlOf("alone_a", "x1"), b: urlOf("alone_b", "x2") })).done;
  const foreign = urlOf("alone_a", "x1").replace("/alone_a", "/alone_b");
  await assert.rejects(owner(foreign), { sqlState: "42501" });
});

test("several runs at once agree", async () => {
  const urls = Object.fromEntries([0, 1, 2, 3, 4].map((i) => [`e${i}`, urlOf(`same_${i}`, `p${i}`)]));
  const all = await Promise.all([1, 2, 3, 4].map(() => run({ main: postgres.url() }, urls)));
  await Promise.all(all.map(({ done }) => done));
  for (const url of Object.values(urls)) await owner(url);
});

test("waits for a server that is not there yet, and ends when it is told to", async () => {
  const stop = new AbortController();
  const port = await sparePort();
  const away = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const { done, logs } = await run({ main: away }, { a: urlOf("a", "secretD", port) }, stop.signal);
  const ended = assert.rejects(done, { name: "AbortError" });
  while (!logs.join("").includes("database_away")) await new Promise(setImmediate);
  stop.abort();
  await ended;
  assert.doesNotMatch(logs.join(""), /secretD/);
});

test("a server that is away holds up no other", async () => {
  const stop = new AbortController();
  const port = await sparePort();
  const servers = { first: `postgres://postgres@127.0.0.1:${port}/postgres`, second: postgres.url() };
  const urls = { a: urlOf("gone", "secretE", port), b: urlOf("there", "secretF") };
  const { done, lines } = await run(servers, urls, stop.signal);
  const ended = assert.rejects(done, { name: "AbortError" });
  await eventually(() => assert.deepEqual(lines, ["second: 1 databases"]));
  assert.deepEqual(await owner(urls.b), { name: "there", base: "there" });
  stop.abort();
  await ended;
});

test("what one server refuses ends the job, whatever the others do", async () => {
  const away = `postgres://postgres@127.0.0.1:${await sparePort()}/postgres`;
  const odd = { a: `postgres://a"b:y@127.0.0.1:${postgres.port}/x` };
  const { done } = await run({ first: away, second: postgres.url() }, odd);
  await assert.rejects(done, { code: "settings" });
});

test("a server that comes back is used", async () => {
  await postgres.stop();
  const { done, logs } = await run({ main: postgres.url() }, { late: urlOf("late", "z") });
  while (!logs.join("").includes("database_away")) await new Promise(setImmediate);
  await postgres.start();
  await done;
  assert.deepEqual(await owner(urlOf("late", "z")), { name: "late", base: "late" });
});

test("a database on a server that nobody named, or with odd names, is refused", async () => {
  const elsewhere = "postgres://x:y@db.example/x";
  const unknown = await run({ main: postgres.url() }, { "net-node-7": elsewhere });
  await assert.rejects(unknown.done, {
    code: "settings",
    message: /database of net-node-7 is on a server that is not/,
  });
  const odd = await run({ main: postgres.url() }, { a: `postgres://a"b:y@127.0.0.1:${postgres.port}/x` });
  await assert.rejects(odd.done, { code: "settings", message: /other than letters and digits/ });
});
