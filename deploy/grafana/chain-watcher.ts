import type { DashboardSpec, PanelSpec } from "./dashboard-spec.ts";
import { growth, growths, percentiles, rates, series } from "./promql.ts";

const chain: readonly PanelSpec[] = [
  {
    title: "Stopped",
    unit: "short",
    shape: "number",
    description:
      "1 when the chain went back past finality or is another one: the watcher then stops for good, and the last map stays in force. Bad: 1. Nothing is lost; somebody must look.",
    queries: [{ expr: `max(${series("swarmpost_chain_watcher_stopped_state")})`, legend: "stopped" }],
    badFrom: 1,
  },
  {
    title: "Blocks to finality",
    unit: "short",
    shape: "number",
    description:
      "Newest block less the last final one that was read. Bad: far more than the contract's finality and growing: reading is slower than the chain.",
    queries: [
      {
        expr: `max(${series("swarmpost_chain_watcher_head_height")}) - max(${series("swarmpost_chain_watcher_final_height")})`,
        legend: "blocks",
      },
    ],
  },
  {
    title: "Registered nodes",
    unit: "short",
    shape: "number",
    description: "Nodes in the registry as of the last final block. Bad: not what the contract says.",
    queries: [{ expr: `max(${series("swarmpost_chain_watcher_registered_nodes")})`, legend: "nodes" }],
  },
  {
    title: "Open streams of blocks",
    unit: "short",
    shape: "number",
    description: "WatchBlocks streams that the coordinator holds open. Bad: 0 for minutes: nobody follows.",
    queries: [{ expr: `sum(${series("swarmpost_chain_watcher_watch_streams")})`, legend: "streams" }],
  },
  {
    title: "Height",
    unit: "short",
    description:
      "Newest block that an endpoint told of, and the last final one that was read and kept. Bad: final is flat while the head rises.",
    queries: [
      { expr: `max(${series("swarmpost_chain_watcher_head_height")})`, legend: "head" },
      { expr: `max(${series("swarmpost_chain_watcher_final_height")})`, legend: "final" },
    ],
  },
  {
    title: "Looks at the chain",
    unit: "short",
    description: "Polls a second by how they ended. Bad: failed without ok: no endpoint works.",
    queries: rates("swarmpost_chain_watcher_polls_total", "result"),
  },
  {
    title: "Time of a look",
    unit: "s",
    description:
      "Duration of a poll. Bad: near the poll interval: the endpoints are slow, or far behind blocks are being read.",
    queries: percentiles("swarmpost_chain_watcher_poll_seconds"),
  },
  {
    title: "Failures of endpoints",
    unit: "short",
    description:
      "Failures of single endpoints in the range shown. Bad: diverged (an endpoint tells another chain) and inconsistent above 0; unreachable or behind for all endpoints at once.",
    queries: growths("swarmpost_chain_watcher_endpoint_failures_total", "reason"),
    badFrom: 1,
  },
];

const registry: readonly PanelSpec[] = [
  {
    title: "Events of the contract",
    unit: "short",
    description:
      "Registrations, unlock requests and exits that were read, in the range shown. Bad: exits that nobody asked for.",
    queries: growths("swarmpost_chain_watcher_events_total", "kind"),
  },
  {
    title: "Registrations that count for nothing",
    unit: "short",
    description:
      "Registrations whose node key did not sign them. Bad: above 0: somebody stakes for a key that is not theirs, or a tool signs wrongly.",
    queries: [{ expr: growth("swarmpost_chain_watcher_registrations_ignored_total"), legend: "ignored" }],
    badFrom: 1,
  },
  {
    title: "Registries published",
    unit: "short",
    description:
      "Registries sent on the bus in the range shown. Bad: too_large: then everybody asks over gRPC at intervals, which works but later.",
    queries: growths("swarmpost_chain_watcher_publications_total", "result"),
  },
  {
    title: "Ready and leading",
    unit: "short",
    description: "Processes of chain-watcher that are ready, and how many of them lead. Bad: leading not at 1.",
    queries: [
      { expr: `sum(${series("swarmpost_chain_watcher_ready_state")})`, legend: "ready" },
      { expr: `sum(${series("swarmpost_chain_watcher_leader_state")})`, legend: "leading" },
    ],
  },
];

/** What the cluster knows of the chain. */
export const chainWatcher: DashboardSpec = {
  name: "chain-watcher",
  title: "swarmpost / Chain watcher",
  description: "Whether the chain is followed, by which endpoints, and what it says.",
  rows: [
    { title: "Chain", panels: chain },
    { title: "Registry", panels: registry },
  ],
};
