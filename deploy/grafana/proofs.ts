import type { DashboardSpec, PanelSpec } from "./dashboard-spec.ts";
import { growths, rate, rates, series } from "./promql.ts";

const now: readonly PanelSpec[] = [
  {
    title: "Nodes with a valid proof",
    unit: "short",
    shape: "number",
    description:
      "Nodes that proved within 2 h 05 min where they answer. Only these are offered to clients. Bad: fewer than are registered.",
    queries: [{ expr: `max(${series("swarmpost_test_suite_valid_proofs")})`, legend: "nodes" }],
    badBelow: 1,
  },
  {
    title: "Nodes without a valid proof",
    unit: "short",
    shape: "number",
    description: "Registered nodes that nobody can reach by what is known here. Bad: above 0 for half an hour.",
    queries: [{ expr: `max(${series("swarmpost_test_suite_missing_proofs")})`, legend: "nodes" }],
    badFrom: 1,
  },
  {
    title: "Own relays that sign",
    unit: "short",
    shape: "number",
    description:
      "Relays of this cluster that signed a proof when last asked. Bad: fewer than nodes: a relay signs only while it and its storage are ready.",
    queries: [{ expr: `max(${series("swarmpost_test_suite_relays", 'state="signing"')})`, legend: "signing" }],
    badBelow: 1,
  },
  {
    title: "Own relays that are silent",
    unit: "short",
    shape: "number",
    description:
      "Relays of this cluster that gave no proof when last asked. Bad: above 0: their nodes vanish 2 h 05 min after their last proof.",
    queries: [{ expr: `max(${series("swarmpost_test_suite_relays", 'state="silent"')})`, legend: "silent" }],
    badFrom: 1,
  },
];

const flow: readonly PanelSpec[] = [
  {
    title: "Proofs judged",
    unit: "short",
    description:
      "Proofs a second by verdict and source. Bad: refusals of `own` proofs at all; many refusals from `peer`: a cluster with a wrong clock, or of another network.",
    queries: rates("swarmpost_test_suite_proofs_total", "reason, source"),
  },
  {
    title: "Proofs accepted",
    unit: "short",
    description:
      "Accepted proofs in the range shown, by source. Bad: none of `own` for more than an hour; none of `peer` in a network of several clusters.",
    queries: growths("swarmpost_test_suite_proofs_total", "source", 'reason="accepted"'),
  },
  {
    title: "Age of the oldest proof",
    unit: "s",
    description:
      "Time since the oldest proof that still counts, of own nodes and of any. Bad: own above 1 h 30 min: that node has missed its hour, and at 2 h 05 min it is offered to nobody.",
    queries: [{ expr: `max by (of) (${series("swarmpost_test_suite_oldest_proof_seconds")})`, legend: "{{of}}" }],
    badFrom: 5_400,
  },
  {
    title: "Exchanges with other clusters",
    unit: "short",
    description:
      "Exchanges begun here and those that others began, a second. Bad: failed without done: peer links of all own relays are cut.",
    queries: [
      { expr: rate("swarmpost_test_suite_exchanges_total", "result"), legend: "sent {{result}}" },
      { expr: rate("swarmpost_test_suite_answers_total", "result"), legend: "answered {{result}}" },
    ],
  },
  {
    title: "Writes to Postgres",
    unit: "short",
    description:
      "Proofs written, by result, in the range shown. Bad: failed above 0: a restart then forgets nodes until they prove themselves again.",
    queries: growths("swarmpost_test_suite_saves_total", "result"),
  },
  {
    title: "Registered and proven nodes",
    unit: "short",
    description: "Nodes of the registry and of them those with a proof. Bad: the lines part.",
    queries: [
      { expr: `max(${series("swarmpost_test_suite_registered_nodes")})`, legend: "registered" },
      { expr: `max(${series("swarmpost_test_suite_valid_proofs")})`, legend: "proven" },
    ],
  },
  {
    title: "Ready and leading",
    unit: "short",
    description:
      "Processes of test-suite that are ready, and how many of them lead. Bad: leading at 0: nobody asks for proofs, and after 2 h 05 min the seeds offer nobody.",
    queries: [
      { expr: `sum(${series("swarmpost_test_suite_ready_state")})`, legend: "ready" },
      { expr: `sum(${series("swarmpost_test_suite_leader_state")})`, legend: "leading" },
    ],
  },
];

/** Who has proven where it answers. */
export const proofs: DashboardSpec = {
  name: "proofs",
  title: "swarmpost / Uptime proofs",
  description: "Which nodes have proven where they answer, and how proofs travel.",
  rows: [
    { title: "Now", panels: now },
    { title: "Flow", panels: flow },
  ],
};
