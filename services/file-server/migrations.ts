import { type Migrations, sql } from "@swarmpost/postgres";

/** The schema of file-server: what is known of each file but its bytes. `size` is null until all of these are kept. */
export const migrations: Migrations = {
  "0002_stored_files": {
    async up(db) {
      await sql`
        create table stored_files (
          id text primary key,
          size integer,
          uploaded_ms bigint not null,
          expires_ms bigint not null
        )
      `.execute(db);
      await sql`create index stored_files_expiry on stored_files (expires_ms)`.execute(db);
    },
  },
};
