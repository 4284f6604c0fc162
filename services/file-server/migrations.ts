import { type Migrations, sql } from "@swarmpost/postgres";

/** The schema of file-server. One partition for each day of expiry, dropped whole, gives the disk back at once. */
export const migrations: Migrations = {
  "0001_files": {
    async up(db) {
      await sql`
        create table files (
          id text not null,
          expiry_day integer not null,
          expires_ms bigint not null,
          size integer not null,
          body bytea not null,
          primary key (id, expiry_day)
        ) partition by range (expiry_day)
      `.execute(db);
      // Bodies are encrypted, so nothing can be compressed; stored apart and plain, a slice is read without the rest.
      await sql`alter table files alter column body set storage external`.execute(db);
    },
  },
};
