import type { DashboardSpec, PanelSpec } from "./dashboard-spec.ts";
import { growth, growths, rates, series, sum } from "./promql.ts";

const ELECTED = ["chain_watcher", "swarm_coordinator", "test_suite"] as const;
const SERVICES = ["relay", "storage", ...ELECTED, "file_server"] as const;

const words = (service: string): string => service.replaceAll("_", "-");

const now: readonly PanelSpec[] = [
  {
    title: "Registered nodes",
    unit: "short",
    shape: "number",
    description:
      "Nodes in the registry of the chain, as this cluster reads it. Bad: a number that falls without anyone having unlocked a stake, or that differs between clusters of one network.",
    queries: [{ expr: `max(${series("swarmpost_chain_watcher_registered_nodes")})`, legend: "nodes" }],
    badBelow: 1,
  },
  {
    title: "Nodes in a swarm",
    unit: "short",
    shape: "number",
    description:
      "Nodes that hold a place in the swarm map. Bad: fewer than are registered for longer than a few blocks: then the map is behind the chain.",
    queries: [{ expr: `max(${series("swarmpost_swarm_coordinator_map_nodes")})`, legend: "nodes" }],
    badBelow: 1,
  },
  {
    title: "Swarms",
    unit: "short",
    shape: "number",
    description: "Swarms of the map in force. Bad: none, or one less after each failure: swarms that starve dissolve.",
    queries: [{ expr: `max(${series("swarmpost_swarm_coordinator_map_swarms")})`, legend: "swarms" }],
    badBelow: 1,
  },
  {
    title: "Smallest swarm",
    unit: "short",
    shape: "number",
    description:
      "Members of the smallest swarm. Bad: below 5 (Nmin). The last swarm never dissolves, so it alone can stay below: register more nodes.",
    queries: [{ expr: `max(${series("swarmpost_swarm_coordinator_smallest_swarm_nodes")})`, legend: "members" }],
    badBelow: 5,
  },
];

const map: readonly PanelSpec[] = [
  {
    title: "Map and chain height",
    unit: "short",
    description:
      "Height up to which the coordinator knows the chain, and the block that last changed the map. Bad: the chain's line is flat while blocks are made, or far below chain-watcher's.",
    queries: [
      { expr: `max(${series("swarmpost_swarm_coordinator_chain_height")})`, legend: "chain known" },
      { expr: `max(${series("swarmpost_swarm_coordinator_map_height")})`, legend: "last change of the map" },
      { expr: `max(${series("swarmpost_chain_watcher_final_height")})`, legend: "final at chain-watcher" },
    ],
  },
  {
    title: "Changes of the map",
    unit: "short",
    description:
      "Blocks that changed the map, in the range shown. Bad: changes that nobody expects: each makes members hand records over, and many in a row mean nodes that come and go.",
    queries: [{ expr: growth("swarmpost_swarm_coordinator_map_changes_total"), legend: "changes" }],
  },
  {
    title: "Chain followed",
    unit: "short",
    description:
      "1 while blocks stream from chain-watcher and the map is up to date with them. Bad: 0 for minutes; the map in force stays, but joins and leaves are not seen.",
    queries: [{ expr: `max(${series("swarmpost_swarm_coordinator_chain_followed")})`, legend: "followed" }],
    badBelow: 1,
  },
  {
    title: "Contradictions and failed writes of the map",
    unit: "short",
    description:
      "Times the chain contradicted the stored map (following then stops for good), and maps that could not be written to Postgres. Bad: anything above 0.",
    queries: [
      { expr: growth("swarmpost_swarm_coordinator_chain_contradictions_total"), legend: "contradictions" },
      { expr: growth("swarmpost_swarm_coordinator_saves_total", "", 'result="failed"'), legend: "failed writes" },
    ],
    badFrom: 1,
  },
];

const services: readonly PanelSpec[] = [
  {
    title: "Ready processes",
    unit: "short",
    description:
      "Processes of each service that are ready. Bad: a line below the number of its pods. A standby of an elected service counts as ready.",
    queries: SERVICES.map((name) => ({ expr: sum(`swarmpost_${name}_ready_state`), legend: words(name) })),
  },
  {
    title: "What is not ready",
    unit: "short",
    description:
      "Processes by the part of them that is not ready, as /readyz names it. Bad: anything above 0 for longer than a start. `database` and `bus` in many services at once: look at Postgres or NATS first.",
    queries: SERVICES.map((name) => ({
      expr: `sum by (part) (1 - ${series(`swarmpost_${name}_part_ready_state`)})`,
      legend: `${words(name)}: {{part}}`,
    })),
    badFrom: 1,
  },
  {
    title: "Leaders",
    unit: "short",
    description:
      "Pods that do the work of each service of which one works at a time. Bad: 0 for more than half a minute (nobody works) and, for longer than a moment, 2.",
    queries: ELECTED.map((name) => ({ expr: sum(`swarmpost_${name}_leader_state`), legend: words(name) })),
  },
  {
    title: "Failures of the election",
    unit: "short",
    description:
      "Attempts about the Lease or the leader label that the Kubernetes API refused or left unanswered. Bad: a steady rise: the API server is away or the Role lacks a verb.",
    queries: ELECTED.map((name) => ({
      expr: growth(`swarmpost_${name}_election_failures_total`, "kind"),
      legend: `${words(name)} {{kind}}`,
    })),
    badFrom: 1,
  },
  {
    title: "Requests at the edge",
    unit: "reqps",
    description:
      "Requests that clients sent to the nodes' HTTPS ports, by how they ended. Bad: server_error that is more than a few in a hundred, or all lines at 0 while people use the network.",
    queries: rates("swarmpost_relay_requests_total", "result"),
  },
];

const kubernetes: readonly PanelSpec[] = [
  {
    title: "Disruption budgets of swarms",
    unit: "short",
    description:
      "Disruption budgets that are in place, one for each swarm with nodes here. Bad: fewer than swarms while this runs on Kubernetes: a drain can take two members at once.",
    queries: [{ expr: `max(${series("swarmpost_swarm_coordinator_budgets")})`, legend: "budgets" }],
  },
  {
    title: "Rounds of labels and budgets",
    unit: "short",
    description:
      "Rounds of putting labels and budgets in step with the map, in the range shown. Bad: failed without done.",
    queries: growths("swarmpost_swarm_coordinator_budget_syncs_total", "result"),
  },
  {
    title: "Pods without their swarm's label",
    unit: "short",
    description:
      "Node pods whose swarm label is missing or wrong. Bad: above 0 for minutes: no budget spares them for their swarm.",
    queries: [{ expr: `max(${series("swarmpost_swarm_coordinator_unlabelled_pods")})`, legend: "pods" }],
    badFrom: 1,
  },
  {
    title: "Members of one swarm on one database server",
    unit: "short",
    description:
      "Most members of one swarm whose messages are on one server; 0 while that is not known. Losing that server loses so many copies at once. Bad: half of a swarm's size or more.",
    queries: [
      { expr: `max(${series("swarmpost_swarm_coordinator_swarm_members_sharing_server")})`, legend: "members" },
    ],
  },
  {
    title: "Swarms that depend on one database server",
    unit: "short",
    description:
      "Swarms of which one server holds a majority's messages. Bad: above 0: what was acknowledged may be on that server alone.",
    queries: [{ expr: `sum(${series("swarmpost_swarm_coordinator_swarms_on_one_server")})`, legend: "swarms" }],
    badFrom: 1,
  },
];

/** Is there a network, and does it hold together? */
export const networkHealth: DashboardSpec = {
  name: "network-health",
  title: "swarmpost / Network and swarms",
  description: "Is there a network, does its map follow the chain, and are its services there?",
  rows: [
    { title: "Now", panels: now },
    { title: "Swarm map", panels: map },
    { title: "Services", panels: services },
    { title: "Kubernetes", panels: kubernetes },
  ],
};
