import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Database, migrate, openDatabase, type Query } from "@swarmpost/postgres";
import { type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { ChangeTable } from "../change-table.ts";
import type { RequestKey } from "../signed-request.ts";
import { migrations } from "../migrations.ts";

const OTHERS = 20_000;
const account = Buffer.alloc(33, 5);

let postgres: PostgresServer;
let database: Database;
before(async () => {
  postgres = await startPostgres();
  database = openDatabase({ url: postgres.url(), maxConnections: 2 });
  await migrate(database, migrations);
  const insert = "insert into change_request (account, stamp_ms, stamp_node, id, request, expiry_ms)";
  const rest = "decode(repeat('01', 32), 'hex'), decode(repeat('02', 32), 'hex'), '\\x7b7d', 100";
  const other = "decode('06' || lpad(to_hex(i), 64, '0'), 'hex')";
  await database.query({ text: `${insert} select ${other}, i, ${rest} from generate_series(1, ${OTHERS}) i` });
  await database.query({ text: `${insert} select $1, i, ${rest} from generate_series(1, 5) i`, values: [account] });
  await database.query({ text: "analyze change_request" });
});
after(async () => {
  await database[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

/** What a plan that is made once for all values reads and throws away. */
async function wasted({ text, values = [] }: Query): Promise<number> {
  const literal = (value: unknown) => (Buffer.isBuffer(value) ? `'\\x${value.toString("hex")}'` : String(value));
  return database.transaction(async (transaction) => {
    await transaction.query({ text: "set local plan_cache_mode = force_generic_plan" });
    await transaction.query({ text: `prepare page_plan as ${text}` });
    const { rows } = await transaction.query<{ "QUERY PLAN": unknown }>({
      text: `explain (analyze, format json) execute page_plan(${values.map(literal).join(", ")})`,
    });
    await transaction.query({ text: "deallocate page_plan" });
    const removed = JSON.stringify(rows).matchAll(/Rows Removed by (?:Filter|Index Recheck)\W+(\d+)/g);
    return [...removed].reduce((sum, [, count]) => sum + Number(count), 0);
  });
}

test("the changes of one account are read page by page without reading those of others", async () => {
  const queries: Query[] = [];
  const watched = {
    query: <R>(query: Query) => {
      queries.push(query);
      return database.query<R>(query);
    },
  } as Database;
  const table = new ChangeTable(watched);
  const stamps: number[] = [];
  for (let after: RequestKey | undefined; ; ) {
    const page = await table.page({ after, account, limit: 2, nowMs: 0 });
    stamps.push(...page.map(({ stamp }) => stamp.ms));
    assert.ok(page.every((each) => each.account.equals(account)));
    if (page.length < 2) break;
    after = page.at(-1);
  }
  assert.deepEqual(stamps, [1, 2, 3, 4, 5]);
  for (const query of queries) assert.ok((await wasted(query)) < OTHERS / 100);
});

test("all changes are read page by page, in the order of accounts", async () => {
  const table = new ChangeTable(database);
  const first = await table.page({ after: undefined, limit: 5, nowMs: 0 });
  assert.ok(first.every((each) => each.account.equals(account)));
  const second = await table.page({ after: first.at(-1), limit: OTHERS + 10, nowMs: 0 });
  assert.equal(second.length, OTHERS);
  assert.deepEqual(await table.page({ after: undefined, limit: 5, nowMs: 100 }), []);
});
