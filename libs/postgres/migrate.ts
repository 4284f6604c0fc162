import { Kysely, PostgresDialect } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Database } from "./database.ts";
import { DatabaseError, toDatabaseError } from "./errors.ts";

/**
 * Steps by name, run in the order of their names (`0001_messages`); each runs once, and none is ever changed after a release.
 * A step must leave the program of the release before it working: it only adds (docs/adr/0011). One that takes something
 * away comes a release after the last program that used it, and has a name like `0007_contract_old_column`.
 */
// A migration belongs to no one schema: Kysely's own examples type it so.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Migrations = Readonly<Record<string, { up(db: Kysely<any>): Promise<void> }>>;

const NAME = /^\d{4}_[a-z0-9_]+$/;
const CONTRACT = /^\d+_contract_/;
const ATTEMPTS = 3;

/**
 * Brings the schema up to date, forward only. Safe to call from several processes at once: Kysely's migrator takes a lock.
 * A database that a newer release brought further is left as it is, unless that release took something away.
 * Returns the names of the steps it ran. @throws DatabaseError, `newer` when this program is too old for the schema.
 */
export async function migrate(database: Database, migrations: Migrations): Promise<string[]> {
  for (const name of Object.keys(migrations)) {
    if (!NAME.test(name)) throw new RangeError(`${name} is no name of a migration`);
  }
  for (let attempt = 1; ; attempt++) {
    const newer = (await executed(database)).filter((name) => migrations[name] === undefined);
    if (newer.some((name) => CONTRACT.test(name))) throw new DatabaseError("newer");
    const { error, results } = await migrator(database, migrations, newer).migrateToLatest();
    if (error === undefined) {
      return (results ?? []).filter((result) => result.status === "Success").map((result) => result.migrationName);
    }
    // A newer program may have run a step since its name was read: then all names are read again.
    const moved = error instanceof Error && error.message.startsWith("corrupted migrations");
    if (moved && attempt < ATTEMPTS) continue;
    const reason = toDatabaseError(error);
    throw reason.code === "failed" ? new DatabaseError("failed", { cause: error }) : reason;
  }
}

/** Kysely takes a step that it does not know for a damaged history; so it is given the names of newer ones, with nothing to do. */
function migrator(database: Database, migrations: Migrations, newer: readonly string[]): Migrator {
  const nothing = { up: async () => {} };
  const all = { ...migrations, ...Object.fromEntries(newer.map((name) => [name, nothing])) };
  const provider = { getMigrations: async () => all as Record<string, Migration> };
  return new Migrator({
    db: new Kysely<unknown>({ dialect: new PostgresDialect({ pool: database.pool }) }),
    provider,
  });
}

async function executed(database: Database): Promise<string[]> {
  const there = await database.query<{ there: boolean }>({
    text: "select to_regclass('kysely_migration') is not null as there",
  });
  if (there.rows[0]?.there !== true) return [];
  const { rows } = await database.query<{ name: string }>({ text: "select name from kysely_migration" });
  return rows.map(({ name }) => name);
}
