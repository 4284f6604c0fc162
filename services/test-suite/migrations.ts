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
  "0002_canary": {
    async up(db) {
      await sql`
        create table canary_message (
          hash text primary key,
          entropy bytea not null check (length(entropy) = 16),
          acknowledged_ms bigint not null,
          expires_ms bigint not null,
          looks int not null,
          next_ms bigint not null,
          state text not null
        )`.execute(db);
      await sql`create index canary_message_next on canary_message (next_ms)`.execute(db);
    },
  },
};
