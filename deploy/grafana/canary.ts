import type { DashboardSpec, PanelSpec } from "./dashboard-spec.ts";
import { growth, growths, percentiles, rates, series } from "./promql.ts";

const CANARY = "swarmpost_test_suite_canary";

const now: readonly PanelSpec[] = [
  {
    title: "Lost",
    unit: "short",
    shape: "number",
    description:
      "Messages in the range shown that a swarm acknowledged and no member of it gives out, though all answered twice. Bad: anything but 0.",
    queries: [{ expr: growth(`${CANARY}_lost_total`), legend: "lost" }],
    badFrom: 1,
  },
  {
    title: "Missing now",
    unit: "short",
    shape: "number",
    description:
      "Messages that all members lacked at the last look and that are asked for again within a minute. Bad: above 0: wait for the second look, and keep the databases as they are.",
    queries: [{ expr: `max(${series(`${CANARY}_messages`, 'state="missing"')})`, legend: "missing" }],
    badFrom: 1,
  },
  {
    title: "Unknown now",
    unit: "short",
    shape: "number",
    description:
      "Messages of which nobody knows, since not all members answered. Bad: growing: nodes are away. It says nothing about loss.",
    queries: [{ expr: `max(${series(`${CANARY}_messages`, 'state="unknown"')})`, legend: "unknown" }],
    badFrom: 10,
  },
  {
    title: "Interval",
    unit: "s",
    shape: "number",
    description:
      "Time between two messages. Bad: 0: the canary is off (CANARY_INTERVAL_MS), and this dashboard tells nothing.",
    queries: [{ expr: `max(${series(`${CANARY}_interval_seconds`)})`, legend: "interval" }],
    badBelow: 0.001,
  },
];

const count: readonly PanelSpec[] = [
  {
    title: "Acknowledged and read back",
    unit: "short",
    description:
      "Messages acknowledged and read back in the range shown. Bad: the lines part by more than the messages that wait for their first look, or acknowledged stands still.",
    queries: [
      { expr: growth(`${CANARY}_acknowledged_total`), legend: "acknowledged" },
      { expr: growth(`${CANARY}_readable_total`), legend: "read back" },
    ],
  },
  {
    title: "Looks by what they found",
    unit: "short",
    description:
      "Looks a second. Bad: missing or lost at all; late: a member that is behind answered without completing itself; unknown: nodes are away.",
    queries: rates(`${CANARY}_looks_total`, "result"),
  },
  {
    title: "Messages watched",
    unit: "short",
    description:
      "Unexpired messages by what the last look found. Bad: fresh growing: looks are slower than writes; missing above 0.",
    queries: [{ expr: `max by (state) (${series(`${CANARY}_messages`)})`, legend: "{{state}}" }],
  },
  {
    title: "Failed steps",
    unit: "short",
    description:
      "Steps that failed in spite of the client's retries, in the range shown. Bad: store: people cannot send; read: they cannot receive; connect: no seed answers; save: Postgres of test-suite.",
    queries: growths(`${CANARY}_failures_total`, "step"),
    badFrom: 1,
  },
];

const time: readonly PanelSpec[] = [
  {
    title: "Time of a store through three hops",
    unit: "s",
    description: "What a sender waits until a majority of the swarm has signed, retries included. Bad: 95 % above 5 s.",
    queries: percentiles(`${CANARY}_seconds`, "", 'step="store"'),
    badFrom: 5,
  },
  {
    title: "Time of a read through three hops",
    unit: "s",
    description: "What a recipient waits for an inbox, two members asked, retries included. Bad: 95 % above 5 s.",
    queries: percentiles(`${CANARY}_seconds`, "", 'step="read"'),
    badFrom: 5,
  },
];

/** Whether what was acknowledged can be read. */
export const canary: DashboardSpec = {
  name: "canary",
  title: "swarmpost / Zero-loss canary",
  description:
    "Messages that test-suite writes and reads through the onion for ever: what was acknowledged against what is readable.",
  rows: [
    { title: "Now", panels: now },
    { title: "Acknowledged against readable", panels: count },
    { title: "What people feel", panels: time },
  ],
};
