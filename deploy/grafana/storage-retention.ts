import type { DashboardSpec, PanelSpec } from "./dashboard-spec.ts";
import { growth, percentiles, quantile, rate, rates, series, sum } from "./promql.ts";

const NODE = "{{pod}} {{instance}}";

const kept: readonly PanelSpec[] = [
  {
    title: "Messages kept",
    unit: "short",
    description:
      "Messages in each node's index, as Postgres estimates them. Bad: one member of a swarm far below the others: it is behind or has lost its data.",
    queries: [{ expr: series("swarmpost_storage_held_records"), legend: NODE }],
  },
  {
    title: "Disk by kind",
    unit: "bytes",
    description:
      "Disk that all nodes' tables and indexes take. Bad: index or tombstones growing while messages do not: dead rows are not cleaned up.",
    queries: [{ expr: sum("swarmpost_storage_database_bytes", "kind"), legend: "{{kind}}" }],
  },
  {
    title: "Disk by node",
    unit: "bytes",
    description:
      "Disk that each node's database takes. Bad: near the size of its volume: see how much grows in a day and make it larger before.",
    queries: [{ expr: `sum by (pod, instance) (${series("swarmpost_storage_database_bytes")})`, legend: NODE }],
  },
  {
    title: "Days of bodies",
    unit: "short",
    description:
      "Partitions of bodies, one for each day of expiry: 15 at most for messages of 14 days, 31 with private namespaces. Bad: more than that: past days are not dropped.",
    queries: [{ expr: `max by (pod, instance) (${series("swarmpost_storage_body_days")})`, legend: NODE }],
    badFrom: 33,
  },
  {
    title: "Purge lag",
    unit: "s",
    description:
      "For how long the oldest day of bodies should have been dropped. Bad: hours: a long transaction holds the partition's lock, or the purge fails; the disk is not given back.",
    queries: [{ expr: `max by (pod, instance) (${series("swarmpost_storage_purge_lag_seconds")})`, legend: NODE }],
    badFrom: 7_200,
  },
  {
    title: "Days dropped",
    unit: "short",
    description: "Days of bodies that were dropped in the range shown. Bad: none over two days while messages expire.",
    queries: [{ expr: growth("swarmpost_storage_dropped_days_total"), legend: "days" }],
  },
];

const work: readonly PanelSpec[] = [
  {
    title: "Requests by method and status",
    unit: "reqps",
    description:
      "Storage RPCs of the own relays. Bad: 5xx: stores that found no majority, or a database that does not answer. Some 4xx are normal (421 after a change of the map).",
    queries: rates("swarmpost_storage_request_seconds_count", "method, status"),
  },
  {
    title: "Time by method (95 %)",
    unit: "s",
    description:
      "Time to answer. long_poll waits for messages up to 20 s. Bad: store above 0.5 s (waits for a majority of the swarm), retrieve above 0.1 s.",
    queries: [{ expr: quantile(0.95, "swarmpost_storage_request_seconds", "method"), legend: "{{method}}" }],
  },
  {
    title: "Readers that wait",
    unit: "short",
    description:
      "Long polls under way on all nodes. Bad: a node at its WAITING_READERS: further readers have to ask again and again.",
    queries: [{ expr: series("swarmpost_storage_waiting_readers"), legend: NODE }],
  },
  {
    title: "Waits by their end",
    unit: "reqps",
    description:
      "How long polls ended, a second. Bad: full above 0: too many wait, or one caller takes more than its share. ended: the node stopped or left the swarm, or a member was revoked.",
    queries: rates("swarmpost_storage_waits_total", "result"),
  },
  {
    title: "From a commit to the reader's answer",
    unit: "s",
    description:
      "How soon waiting readers are answered once a message is committed on their node. Bad: 95 % above 0.1 s: the look into the database is slow, or one commit wakes too many.",
    queries: percentiles("swarmpost_storage_wake_seconds"),
    badFrom: 0.5,
  },
  {
    title: "Time of a commit",
    unit: "s",
    description:
      "Time that a batch of commits took in Postgres. Bad: 99 % above 1 s: the disk under Postgres is slow, and every store waits for it.",
    queries: percentiles("swarmpost_storage_commit_seconds"),
    badFrom: 1,
  },
  {
    title: "Records in a commit",
    unit: "short",
    description:
      "How many records share one commit. Bad: at its limit (512) all the time: more comes in than Postgres takes.",
    queries: percentiles("swarmpost_storage_commit_batch_records"),
  },
  {
    title: "Queries that wait for a connection",
    unit: "short",
    description:
      "Queries in the queue of each node's pool. Bad: above 0 for minutes: Postgres is slow, or DATABASE_CONNECTIONS too small.",
    queries: [{ expr: series("swarmpost_storage_database_waiting_queries"), legend: NODE }],
  },
];

const copies: readonly PanelSpec[] = [
  {
    title: "Frames that members missed",
    unit: "short",
    description:
      "Replica frames that a member did not confirm in time, a second. Bad: a steady rate: one member is away or too slow.",
    queries: [{ expr: rate("swarmpost_storage_replica_missed_total"), legend: "missed" }],
  },
  {
    title: "Frames kept and refused",
    unit: "short",
    description:
      "Frames kept for members, and of them those that their member refuses. Bad: kept growing for an hour; refused above 0.",
    queries: [
      { expr: sum("swarmpost_storage_pending_frames"), legend: "kept" },
      { expr: sum("swarmpost_storage_refused_frames"), legend: "refused" },
    ],
  },
  {
    title: "Handed over",
    unit: "short",
    description:
      "Records that went between nodes after changes of the map, a second. Bad: not back at 0 an hour after a change.",
    queries: rates("swarmpost_storage_handoff_records_total", "way"),
  },
  {
    title: "Parts of the ring still pulled",
    unit: "short",
    description: "What all nodes together still lack. Bad: not back at 0 within an hour.",
    queries: [{ expr: sum("swarmpost_storage_sync_tasks"), legend: "parts" }],
    badFrom: 1,
  },
];

const files: readonly PanelSpec[] = [
  {
    title: "Uploads and downloads",
    unit: "reqps",
    description:
      "Attachments put, got and kept longer, by how it ended, and how many came through onions. Bad: failed above 0: the file server's Postgres, folder or bucket; much missing: people follow links to files that expired.",
    queries: [
      { expr: rate("swarmpost_file_server_uploads_total", "result"), legend: "upload {{result}}" },
      { expr: rate("swarmpost_file_server_downloads_total", "result"), legend: "download {{result}}" },
      { expr: rate("swarmpost_file_server_extensions_total", "result"), legend: "extension {{result}}" },
      { expr: rate("swarmpost_file_server_onion_requests_total", "result"), legend: "onion {{result}}" },
    ],
  },
  {
    title: "File sizes",
    unit: "bytes",
    description: "Sizes of stored files. Bad: a median of megabytes fills the disk: 10 MB a file is the limit.",
    queries: percentiles("swarmpost_file_server_file_bytes"),
  },
  {
    title: "Sweeps of expired files",
    unit: "short",
    description:
      "Looks for files that have expired, and files whose bytes were removed, in the range shown. Bad: failed above 0, or nothing removed for weeks.",
    queries: [
      { expr: growth("swarmpost_file_server_sweeps_total", "result"), legend: "{{result}}" },
      { expr: growth("swarmpost_file_server_removed_files_total"), legend: "files removed" },
    ],
  },
];

/** What is kept, for how long, and at what cost. */
export const storageRetention: DashboardSpec = {
  name: "storage-retention",
  title: "swarmpost / Storage and retention",
  description:
    "What nodes keep, whether what is past leaves the disk, how fast they commit, and whether copies are whole.",
  rows: [
    { title: "Kept", panels: kept },
    { title: "Work", panels: work },
    { title: "Copies", panels: copies },
    { title: "Attachments", panels: files },
  ],
};
