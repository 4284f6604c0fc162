import { type Migrations, sql } from "@swarmpost/postgres";

/** The steps of this service's schema; none is ever changed after a release. */
export const migrations: Migrations = {
  "0001_uptime_proof": {
    async up(db) {
      await sql`
        create table uptime_proof (
          node bytea primary key check (length(node) = 32),
          proof bytea not null,
          signature bytea not null,
          received_ms bigint not null,
          changes_ms bigint[] not null
        )`.execute(db);
    },
  },
};
