import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Database, type Migrations, migrate, openDatabase, sql } from "@swarmpost/postgres";
import { type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { hindrances, readSchema } from "./schema-change.ts";

const root = join(import.meta.dirname, "../..");
const files = globSync("{libs,services}/*/migrations.ts", { cwd: root });
/** Steps that take away what no program uses any more (docs/adr/0011). */
const CONTRACT = /^\d+_contract_/;

let postgres: PostgresServer;
let made = 0;
before(async () => void (postgres = await startPostgres()));
after(async () => await postgres?.[Symbol.asyncDispose]());

async function emptyDatabase(): Promise<Database> {
  return openDatabase({ url: await postgres.createDatabase(`steps_${++made}`), maxConnections: 2 });
}

/** Runs the steps one after the other, and says what each of them takes from the program of the release before. */
async function hindrancesOf(migrations: Migrations): Promise<string[]> {
  await using database = await emptyDatabase();
  const found: string[] = [];
  const names = Object.keys(migrations).sort();
  for (const [index, name] of names.entries()) {
    const earlier = await readSchema(database);
    const steps = Object.fromEntries(names.slice(0, index + 1).map((step) => [step, migrations[step]!]));
    assert.deepEqual(await migrate(database, steps), [name]);
    if (CONTRACT.test(name)) continue;
    found.push(...hindrances(earlier, await readSchema(database)).map((what) => `${name}: ${what}`));
  }
  return found;
}

for (const file of files) {
  test(`every step of ${file} leaves the program of the release before it working`, async () => {
    const { migrations } = (await import(join(root, file))) as { migrations: Migrations };
    assert.ok(Object.keys(migrations).length > 0);
    assert.deepEqual(await hindrancesOf(migrations), []);
  });
}

const first = "create table things (id bigint primary key, name text not null default 'x', note text, size integer)";
const step = (...statements: readonly string[]): Migrations[string] => ({
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
});

test("steps that only add pass", async () => {
  const adds = [
    "create table others (id bigint primary key, name text not null unique)",
    "alter table things add column colour text",
    "alter table things add column weight integer not null default 0",
    "create index things_colour on things (colour)",
    "alter table things alter column name drop not null",
  ];
  assert.deepEqual(await hindrancesOf({ "0001_first": step(first), "0002_more": step(...adds) }), []);
});

const breaks: Readonly<Record<string, RegExp>> = {
  "drop table things": /things\.id is gone/,
  "alter table things rename to stuff": /things\.id is gone/,
  "alter table things drop column note": /things\.note is gone/,
  "alter table things rename column note to remark": /things\.note is gone/,
  "alter table things add column colour text not null": /things\.colour is new, must be given/,
  "alter table things alter column note set not null": /things\.note must now be given/,
  "alter table things alter column name drop default": /things\.name has lost its default/,
  "alter table things alter column size type bigint": /things\.size was integer and is bigint/,
  "alter table things add check (size > 0)": /a new rule refuses rows of things/,
  "create unique index things_name on things (name)": /a new rule refuses rows of things/,
};

for (const [statement, what] of Object.entries(breaks)) {
  test(`a step that hinders the program before is found: ${statement}`, async () => {
    const found = await hindrancesOf({ "0001_first": step(first), "0002_worse": step(statement) });
    assert.match(found.join("\n"), what);
  });
}

test("a step that says in its name that it takes something away may", async () => {
  const contract = step("alter table things drop column note");
  assert.deepEqual(await hindrancesOf({ "0001_first": step(first), "0002_contract_note": contract }), []);
});
