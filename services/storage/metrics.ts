import { COUNTS, LATENCY_SECONDS, type Metrics } from "@swarmpost/runtime";

const METHODS = [
  "store",
  "retrieve",
  "delete",
  "get_swarm",
  "info",
  "batch",
  "sequence",
  "long_poll",
  "unparsed",
] as const;
const WAIT_RESULTS = ["messages", "nothing", "full", "ended"] as const;
const CLASSES = ["2xx", "4xx", "5xx"] as const;

/** How a long poll ended: with messages, after its time, at once for want of room, or because it may go on no more. */
export type WaitResult = (typeof WAIT_RESULTS)[number];

/** The metrics of this service. */
export type StorageMetrics = ReturnType<typeof storageMetrics>;

/** Registers the metrics of this service. */
export function storageMetrics(metrics: Metrics) {
  const requests = metrics.histogram(
    "swarmpost_storage_request_seconds",
    "Time to answer a storage RPC of the own relay.",
    LATENCY_SECONDS,
    { method: METHODS, status: CLASSES },
  );
  const batches = metrics.histogram("swarmpost_storage_commit_batch_records", "Records in one commit.", COUNTS);
  const commitSeconds = metrics.histogram(
    "swarmpost_storage_commit_seconds",
    "Time that a batch of commits took in Postgres.",
    LATENCY_SECONDS,
  );
  const missed = metrics.counter(
    "swarmpost_storage_replica_missed_total",
    "Replica frames that a member did not confirm in time and that are kept for it.",
  );
  const handed = metrics.counter(
    "swarmpost_storage_handoff_records_total",
    "Records that went to or came from other nodes after a change of the swarm map.",
    { way: ["pulled", "pushed", "received"] },
  );
  return {
    /** One answered request; `startedMs` is of `performance.now()`. */
    answered(method: string, status: number, startedMs: number): void {
      const known = METHODS.find((each) => each === method) ?? "unparsed";
      const group = status < 400 ? "2xx" : status < 500 ? "4xx" : "5xx";
      requests.observe({ method: known, status: group }, (performance.now() - startedMs) / 1000);
    },
    /** One batch of commits and the time it took. */
    committed(size: number, seconds: number): void {
      batches.observe(size);
      commitSeconds.observe(seconds);
    },
    retention: retentionMetrics(metrics),
    ...waitMetrics(metrics),
    missed,
    handed,
    losses: lossMetric(metrics),
    gaugeFrom: (name: string, help: string, read: () => number) => metrics.gaugeFrom(name, help, read),
  };
}

function waitMetrics(metrics: Metrics) {
  const ends = metrics.counter("swarmpost_storage_waits_total", "Long polls that ended.", { result: WAIT_RESULTS });
  const wakeSeconds = metrics.histogram(
    "swarmpost_storage_wake_seconds",
    "Time from the commit of a message to the answer of a reader that waited for it.",
    LATENCY_SECONDS,
  );
  return {
    /** One long poll that ended; `wokenAt` is when a commit woke it, of `performance.now()`. */
    waited(result: WaitResult, wokenAt?: number): void {
      ends.inc({ result });
      if (wokenAt !== undefined) wakeSeconds.observe((performance.now() - wokenAt) / 1_000);
    },
  };
}

function retentionMetrics(metrics: Metrics) {
  return {
    records: metrics.gauge("swarmpost_storage_held_records", "Messages kept, as Postgres estimates them."),
    bytes: metrics.gauge("swarmpost_storage_database_bytes", "Disk that the tables and their indexes take.", {
      kind: ["index", "bodies", "tombstones", "waiting", "other"],
    }),
    days: metrics.gauge("swarmpost_storage_body_days", "Days of expiry that have a partition of bodies."),
    purgeLag: metrics.gauge(
      "swarmpost_storage_purge_lag_seconds",
      "For how long the oldest partition of bodies should have been dropped; 0 when none is due.",
    ),
    droppedDays: metrics.counter(
      "swarmpost_storage_dropped_days_total",
      "Partitions of bodies dropped after their day.",
    ),
  };
}

function lossMetric(metrics: Metrics) {
  return metrics.counter(
    "swarmpost_storage_database_losses_total",
    "Times that members remembered more of this node's database than it holds: it was emptied or taken back, and is filled again from them.",
  );
}
