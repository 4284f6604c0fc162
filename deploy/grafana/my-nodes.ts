import type { DashboardSpec, PanelSpec } from "./dashboard-spec.ts";
import { growth, ofProcesses, rates, series } from "./promql.ts";

const NODE = "{{pod}} {{instance}}";

const state: readonly PanelSpec[] = [
  {
    title: "Relays ready",
    unit: "short",
    description:
      "1 for each relay that is ready, and whether it takes clients' requests. Bad: a node at 0 for longer than a restart; it signs no proof then, and after 2 h 05 min nobody sends anything to it.",
    queries: [
      { expr: series("swarmpost_relay_ready_state"), legend: `ready ${NODE}` },
      { expr: series("swarmpost_relay_serving_state"), legend: `serving ${NODE}` },
    ],
  },
  {
    title: "Storages ready",
    unit: "short",
    description:
      "1 for each storage that is ready: its database answers and its data is whole. Bad: a node at 0 for longer than it needs to pull what it missed.",
    queries: [{ expr: series("swarmpost_storage_ready_state"), legend: NODE }],
  },
  {
    title: "What is not ready",
    unit: "short",
    description:
      "Parts of each node's relay and storage that are not ready. Bad: anything above 0 that does not go by itself; the part's name says where to look.",
    queries: [
      { expr: `1 - ${series("swarmpost_relay_part_ready_state")}`, legend: `relay {{part}} ${NODE}` },
      { expr: `1 - ${series("swarmpost_storage_part_ready_state")}`, legend: `storage {{part}} ${NODE}` },
    ],
    badFrom: 1,
    width: 24,
  },
];

const behind: readonly PanelSpec[] = [
  {
    title: "Whole",
    unit: "short",
    description:
      "1 while a storage knows of nothing that it lacks. Bad: 0 for longer than an hour; never take another member of its swarm down meanwhile.",
    queries: [{ expr: series("swarmpost_storage_whole_state"), legend: NODE }],
    badBelow: 1,
  },
  {
    title: "Databases lost and second bearers of a key",
    unit: "short",
    description:
      "Times that a node's database was found emptied or taken back, in the range shown, and nodes whose key answers elsewhere, too. Bad: anything above 0.",
    queries: [
      { expr: growth("swarmpost_storage_database_losses_total", "pod, instance"), legend: `database lost ${NODE}` },
      { expr: series("swarmpost_relay_doppelganger_state"), legend: `key used twice ${NODE}` },
    ],
    badFrom: 1,
  },
  {
    title: "Parts of the ring still pulled",
    unit: "short",
    description:
      "What a storage lacks after a change of the map or an outage. Bad: not back at 0 within an hour: the holders do not answer, or pulling is slower than what comes in.",
    queries: [{ expr: series("swarmpost_storage_sync_tasks"), legend: NODE }],
    badFrom: 1,
  },
  {
    title: "Frames kept for members",
    unit: "short",
    description:
      "Replica frames that a member missed and that this node will bring. Bad: growing without end: that member is away. It is safe, but the copies are fewer meanwhile.",
    queries: [{ expr: series("swarmpost_storage_pending_frames"), legend: NODE }],
  },
  {
    title: "Frames refused by members",
    unit: "short",
    description:
      "Kept frames that their member refuses although it answers. Bad: above 0 for half an hour: members disagree about the map or about a record's signature.",
    queries: [{ expr: series("swarmpost_storage_refused_frames"), legend: NODE }],
    badFrom: 1,
  },
  {
    title: "Requests to each node",
    unit: "reqps",
    description:
      "Requests at the HTTPS edge of each node. Bad: one node without any while its neighbours have some: clients do not reach its address.",
    queries: [
      {
        expr: `sum by (pod, instance) (rate(${series("swarmpost_relay_requests_total")}[$__rate_interval]))`,
        legend: NODE,
      },
    ],
  },
];

const processes: readonly PanelSpec[] = [
  {
    title: "CPU",
    unit: "percentunit",
    description:
      "Share of one core that each process uses. Bad: near 1: a Node process works on one core, and everything it serves waits.",
    queries: [
      {
        expr: `rate(${series("process_cpu_seconds_total")}[$__rate_interval]) and on (namespace, job, instance) {__name__=~"swarmpost_.+_ready_state"}`,
        legend: NODE,
      },
    ],
    badFrom: 0.9,
  },
  {
    title: "Memory",
    unit: "bytes",
    description:
      "Resident memory of each process. Bad: a line that only rises over days, or comes near the container's limit.",
    queries: [{ expr: ofProcesses("process_resident_memory_bytes"), legend: NODE }],
  },
  {
    title: "Event loop delay",
    unit: "s",
    description:
      "Within what time 99 of 100 turns of the event loop came. Bad: above 0.1 s: work blocks the process, and every hop through it is that much slower.",
    queries: [{ expr: ofProcesses("nodejs_eventloop_lag_p99_seconds"), legend: NODE }],
    badFrom: 0.1,
  },
  {
    title: "Time since the start",
    unit: "s",
    description: "Age of each process. Bad: lines that fall to 0 again and again: a process that is restarted.",
    queries: [{ expr: `time() - (${ofProcesses("process_start_time_seconds")})`, legend: NODE }],
  },
  {
    title: "Open files",
    unit: "short",
    description:
      "Open file descriptors: connections of clients and links. Bad: a line that only rises, or comes near the limit of the container.",
    queries: [{ expr: ofProcesses("process_open_fds"), legend: NODE }],
  },
  {
    title: "Bytes of requests held",
    unit: "bytes",
    description:
      "Requests and answers that each relay holds in memory. Bad: at its limit: it then answers 503 to new ones.",
    queries: [{ expr: series("swarmpost_relay_buffered_bytes"), legend: NODE }],
  },
];

const clients: readonly PanelSpec[] = [
  {
    title: "Refused for their rate",
    unit: "reqps",
    description:
      "Requests refused because a client or another node sent too many. Bad: much for `node`, or for `client` with all clients behind one address: is externalTrafficPolicy Local?",
    queries: rates("swarmpost_relay_limited_requests_total", "by"),
  },
  {
    title: "Refused because too much was under way",
    unit: "reqps",
    description:
      "Requests refused with 503 because the relay has too much to do. Bad: above 0 for minutes: more nodes or more CPU.",
    queries: rates("swarmpost_relay_busy_requests_total", "by"),
  },
  {
    title: "Local replay filter",
    unit: "short",
    description:
      "1 while a relay does without Redis, by a filter and rate limits of its own. Bad: 1: a restart of that relay forgets which onions it has met.",
    queries: [{ expr: series("swarmpost_relay_local_filter_state"), legend: NODE }],
    badFrom: 1,
    width: 24,
  },
];

/** This operator's nodes, one by one. */
export const myNodes: DashboardSpec = {
  name: "my-nodes",
  title: "swarmpost / My nodes",
  description: "This operator's nodes one by one: ready, whole, reached, and what they use.",
  rows: [
    { title: "Ready", panels: state },
    { title: "Behind", panels: behind },
    { title: "Limits", panels: clients },
    { title: "Processes", panels: processes },
  ],
};
