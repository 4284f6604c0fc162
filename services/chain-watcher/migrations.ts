import { type Migrations, sql } from "@swarmpost/postgres";

/** The schema of chain-watcher's own database. Everything in it can be read from the chain again. */
export const migrations: Migrations = {
  "0001_chain": {
    async up(db) {
      // The source and the last final block that was read: one row, the row lock of every writer.
      await sql`
        create table chain_source (
          singleton boolean primary key default true check (singleton),
          chain_id bigint not null,
          genesis bytea not null,
          contract bytea not null,
          height bigint not null,
          hash bytea not null
        )`.execute(db);
      await sql`
        create table chain_event (
          height bigint not null,
          log_index integer not null,
          block_hash bytea not null,
          kind text not null check (kind in ('registered', 'unlock-requested', 'exited')),
          registration_id bigint not null,
          node_key bytea not null,
          operator bytea not null,
          stake numeric(78) not null,
          signature bytea not null,
          unlocks_at bigint not null,
          valid boolean not null,
          primary key (height, log_index)
        )`.execute(db);
      // What each block that changed the registry did, as the RegistryBlock message that watchers are sent.
      await sql`
        create table chain_block (
          height bigint primary key,
          hash bytea not null,
          change bytea not null
        )`.execute(db);
    },
  },
};
