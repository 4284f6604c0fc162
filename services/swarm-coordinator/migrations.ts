import { type Migrations, sql } from "@swarmpost/postgres";

/** The steps of this service's schema; none is ever changed after a release. */
export const migrations: Migrations = {
  "0001_swarm_map": {
    async up(db) {
      await sql`
        create table swarm_map (
          only_row boolean primary key default true check (only_row),
          chain_id bigint not null,
          contract bytea not null,
          height bigint not null,
          current_map bytea not null,
          previous_map bytea
        )`.execute(db);
    },
  },
};
