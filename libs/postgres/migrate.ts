import { Kysely, PostgresDialect } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Database } from "./database.ts";
import { DatabaseError, toDatabaseError } from "./errors.ts";

/** Steps by name, run in the order of their names (`0001_messages`); each runs once, and none is ever changed after a release. */
// A migration belongs to no one schema: Kysely's own examples type it so.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Migrations = Readonly<Record<string, { up(db: Kysely<any>): Promise<void> }>>;

/**
 * Brings the schema up to date, forward only. Safe to call from several processes at once: Kysely's migrator takes a lock.
 * Returns the names of the steps it ran. @throws DatabaseError
 */
export async function migrate(database: Database, migrations: Migrations): Promise<string[]> {
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: database.pool }) });
  const provider = { getMigrations: async () => ({ ...migrations }) as Record<string, Migration> };
  const migrator = new Migrator({ db: kysely, provider });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const reason = toDatabaseError(error);
    throw reason.code === "failed" ? new DatabaseError("failed", { cause: error }) : reason;
  }
  return (results ?? []).filter((result) => result.status === "Success").map((result) => result.migrationName);
}
