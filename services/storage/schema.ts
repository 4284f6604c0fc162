/**
 * Changes that accounts made by signed requests without storing anything: `expire`, `expire_all`, `delete_all`,
 * `delete_before`.
 *
 * - `change` is what a request does to one message, or, with an empty `hash`, to all of a namespace (null: whichever).
 *   `mode` and `value_ms`: see `MODE_NUMBER`. `blind`: the message was not here when the change came.
 * - `change_request` keeps the signed requests themselves, with the stamps from which they count: what is handed on.
 */
export const changeSchema: readonly string[] = [
  `create table change (
     account bytea not null,
     hash bytea not null,
     stamp_ms bigint not null,
     stamp_node bytea not null,
     request bytea not null,
     mode smallint not null,
     value_ms bigint not null,
     namespace smallint,
     expiry_ms bigint not null,
     blind boolean not null,
     primary key (account, hash, stamp_ms, stamp_node, request)
   )`,
  `create index change_expiry on change (expiry_ms)`,
  `create index change_blind on change (account, stamp_ms) where blind`,
  `create index change_of_request on change (account, stamp_ms, stamp_node, request)`,
  `create table change_request (
     account bytea not null,
     stamp_ms bigint not null,
     stamp_node bytea not null,
     id bytea not null,
     request bytea not null,
     expiry_ms bigint not null,
     primary key (account, stamp_ms, stamp_node, id)
   )`,
  `create index change_request_expiry on change_request (expiry_ms)`,
];

/**
 * The tokens of subaccounts that their account revoked or put in force again (`revoked`), each with the stamp of the request
 * that said so last; `place` is the token's place in that request. Requests stay as long as a token refers to them.
 */
export const revocationSchema: readonly string[] = [
  `create table revocation (
     account bytea not null,
     token bytea not null,
     revoked boolean not null,
     stamp_ms bigint not null,
     stamp_node bytea not null,
     place smallint not null,
     request bytea not null,
     primary key (account, token)
   )`,
  `create table revocation_request (
     id bytea primary key,
     account bytea not null,
     stamp_ms bigint not null,
     stamp_node bytea not null,
     request bytea not null
   )`,
  `create index revocation_request_account on revocation_request (account)`,
];

/**
 * The fifth migration: what members had agreed on while this node's program did not know it yet, changes and revocations, is
 * to be pulled from them. To be run again by each later migration after which members keep something new.
 */
export const OUTDATED = `update swarm_state set state = state || '{"outdated": true}'`;

/** How many pieces the slim index is split into, by account. */
const INDEX_PARTITIONS = 8;

/**
 * The second migration: what tells that a database was emptied or taken back to an older state.
 *
 * - `database_identity` says whose database this is, which one, and which run of the program has it. `unseen`: something was
 *   lost that the plan of what to pull does not name yet.
 * - `commit_count` is moved on by each commit itself: 0 counts messages and deletions, 1 missed frames (`COMMIT_PART`).
 * - `member_database` is what the members of the swarm said of their databases.
 */
export const identitySchema: readonly string[] = [
  `create table database_identity (
     only_row boolean primary key default true check (only_row),
     node bytea not null,
     id bytea not null,
     owner bytea not null,
     former bytea[] not null default '{}',
     unseen boolean not null default false
   )`,
  // Room in the page for the next version of a row that changes with each commit.
  `create table commit_count (part smallint primary key, commits bigint not null) with (fillfactor = 10)`,
  `insert into commit_count values (0, 0), (1, 0)`,
  `create table member_database (
     member bytea primary key,
     id bytea not null,
     commits bigint not null
   )`,
];

/**
 * The tables of the first migration, as statements in order.
 *
 * - `message` is the slim index: it carries the conflict check and all that a poll needs to choose, but no body.
 * - `body` holds the bytes, in one partition for each day (UTC) of expiry. A day that is past is dropped whole, so expiry
 *   writes nothing but the slim rows' deletion. Extending a message copies its body to the new day.
 * - `tombstone` names what an account deleted, with the account's own signed request in `deletion`.
 * - `pending_replica` keeps frames that a member did not confirm; `pending_overflow` names members that missed more than
 *   is kept and need everything offered again.
 * - `swarm_state` and `seen_map` are what handoff must remember across a restart.
 */
export const firstSchema: readonly string[] = [
  `create sequence message_seq`,
  `create table message (
     account bytea not null,
     hash bytea not null,
     namespace smallint not null,
     seq bigint not null,
     body_day integer not null,
     body_size integer not null,
     timestamp_ms bigint not null,
     expiry_ms bigint not null,
     stamp_ms bigint not null,
     stamp_node bytea not null,
     auth bytea,
     primary key (account, hash, namespace)
   ) partition by hash (account)`,
  ...Array.from(
    { length: INDEX_PARTITIONS },
    (_, i) =>
      `create table message_${i} partition of message for values with (modulus ${INDEX_PARTITIONS}, remainder ${i})`,
  ),
  `create index message_poll on message (account, namespace, seq)`,
  `create index message_day on message (body_day)`,
  `create table body (
     day integer not null,
     seq bigint not null,
     data bytea not null,
     primary key (day, seq)
   ) partition by list (day)`,
  // Bodies are encrypted: trying to compress them is wasted work.
  `alter table body alter column data set storage external`,
  `create table deletion (
     id bytea primary key,
     account bytea not null,
     request bytea not null,
     expiry_ms bigint not null,
     touched_ms bigint not null default 0
   )`,
  `create index deletion_expiry on deletion (expiry_ms)`,
  `create table tombstone (
     account bytea not null,
     hash bytea not null,
     stamp_ms bigint not null,
     stamp_node bytea not null,
     expiry_ms bigint not null,
     deletion bytea not null,
     primary key (account, hash)
   )`,
  `create index tombstone_expiry on tombstone (expiry_ms)`,
  // Tombstones of messages that were never here, whose life is 30 days and 70 s from their stamp (`TOMBSTONE_LIFE_MS`), by
  // age: what bounds the deletions of one account.
  `create index tombstone_blind on tombstone (account, stamp_ms) where expiry_ms >= stamp_ms + 2592070000`,
  `create index tombstone_deletion on tombstone (deletion)`,
  `create table pending_replica (
     id bigint generated always as identity primary key,
     target bytea not null,
     account bytea not null,
     expiry_ms bigint not null,
     record bytea not null
   )`,
  `create index pending_replica_target on pending_replica (target, id)`,
  `create index pending_replica_expiry on pending_replica (expiry_ms)`,
  `create table pending_overflow (target bytea primary key)`,
  `create table swarm_state (
     only_row boolean primary key default true check (only_row),
     state jsonb not null
   )`,
  `create table seen_map (
     map_hash text primary key,
     height bigint not null,
     seen_ms bigint not null,
     swarms jsonb not null
   )`,
];
