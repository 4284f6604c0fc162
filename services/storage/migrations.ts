import { type Migrations, sql } from "@swarmpost/postgres";
import { changeSchema, firstSchema, identitySchema, OUTDATED, revocationSchema } from "./schema.ts";

/** A step of these statements, in order. */
function step(...statements: readonly string[]): Migrations[string] {
  return {
    async up(db) {
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  };
}

/** The steps of this service's schema; none is ever changed after a release. */
export const migrations: Migrations = {
  "0001_messages": step(...firstSchema),
  "0002_database_identity": step(...identitySchema),
  "0003_changes": step(...changeSchema),
  "0004_revocations": step(...revocationSchema),
  "0005_outdated": step(OUTDATED),
};
