import { type Migrations, sql } from "@swarmpost/postgres";
import { changeSchema, firstSchema, identitySchema, OUTDATED, revocationSchema } from "./schema.ts";

/** The steps of this service's schema; none is ever changed after a release. */
export const migrations: Migrations = {
  "0001_messages": {
    async up(db) {
      for (const statement of firstSchema) await sql.raw(statement).execute(db);
    },
  },
  "0002_database_identity": {
    async up(db) {
      for (const statement of identitySchema) await sql.raw(statement).execute(db);
    },
  },
  "0003_changes": {
    async up(db) {
      for (const statement of changeSchema) await sql.raw(statement).execute(db);
    },
  },
  "0004_revocations": {
    async up(db) {
      for (const statement of revocationSchema) await sql.raw(statement).execute(db);
    },
  },
  "0005_outdated": {
    async up(db) {
      await sql.raw(OUTDATED).execute(db);
    },
  },
};
