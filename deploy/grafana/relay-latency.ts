import type { DashboardSpec, PanelSpec } from "./dashboard-spec.ts";
import { percentiles, quantile, rate, rates, series, sum } from "./promql.ts";

const layers: readonly PanelSpec[] = [
  {
    title: "Time to answer a layer, by place on the path (95 %)",
    unit: "s",
    width: 24,
    description:
      "From a layer's arrival at this node to its answer, all that comes after included: guard, middle, last, destination. Readers that wait for messages count with their wait of up to 20 s. Bad: one line far above the next: the time is lost at that place.",
    queries: [{ expr: quantile(0.95, "swarmpost_relay_layer_seconds", "hop"), legend: "{{hop}}" }],
  },
  {
    title: "Time to answer a layer, by place on the path (median)",
    unit: "s",
    description:
      "The same for the middle one of all requests. Bad: a rise that the 95 % line does not explain: everything is slower, not a few. With many waiting readers it is their wait; the own share of a hop, below, is not.",
    queries: [{ expr: quantile(0.5, "swarmpost_relay_layer_seconds", "hop"), legend: "{{hop}}" }],
  },
  {
    title: "Wait for the next node",
    unit: "s",
    description:
      "What a relay waits for the node after it, waits for messages of up to 20 s included. Bad: near 30 s: the next nodes time out, and clients drop the path.",
    queries: percentiles("swarmpost_relay_hop_seconds"),
    badFrom: 25,
  },
  {
    title: "Own share of a hop",
    unit: "s",
    description:
      "Average time that a relay itself adds to a layer that it sends on: decryption and queueing. Bad: above some milliseconds: the process has too little CPU.",
    queries: [
      {
        expr: `clamp_min(${rate("swarmpost_relay_layer_seconds_sum", "", 'hop=~"guard|middle|last"')} - ${rate("swarmpost_relay_hop_seconds_sum")} - ${rate("swarmpost_relay_exit_seconds_sum")}, 0) / ${rate("swarmpost_relay_layer_seconds_count", "", 'hop=~"guard|middle|last"')}`,
        legend: "own share",
      },
    ],
  },
  {
    title: "Layers by place",
    unit: "reqps",
    description:
      "Layers that arrived, by their place on a path of three. Bad: `beyond` above 0: somebody builds longer paths than clients do.",
    queries: rates("swarmpost_relay_layer_seconds_count", "hop"),
  },
];

const ends: readonly PanelSpec[] = [
  {
    title: "Hops by their end",
    unit: "reqps",
    description:
      "Requests sent on to the next node. Bad: unreachable, timeout or refused above a few in a hundred: nodes are away, or their published addresses are wrong. Cancelled are clients that left before the answer, such as readers that waited for messages.",
    queries: rates("swarmpost_relay_hops_total", "result"),
  },
  {
    title: "Layers by what became of them",
    unit: "reqps",
    description:
      "Onion layers opened at these nodes. Bad: much invalid_ciphertext or replay: broken or hostile clients, or clocks and keys that do not fit.",
    queries: rates("swarmpost_relay_layers_total", "outcome"),
  },
  {
    title: "Layers remembered",
    unit: "short",
    description:
      "Onion layers that each relay remembers by itself, to refuse them a second time. Bad: at 200,000 while Redis is gone: the oldest are forgotten before the hour is over.",
    queries: [{ expr: series("swarmpost_relay_replay_filter_entries"), legend: "{{pod}} {{instance}}" }],
    badFrom: 190_000,
  },
  {
    title: "Exits by their end",
    unit: "reqps",
    description:
      "Requests to servers outside (file server, groups). Bad: failed or timeout above a few: that server is away, or egress is closed.",
    queries: rates("swarmpost_relay_exits_total", "result"),
  },
  {
    title: "Wait for servers outside",
    unit: "s",
    description: "Time that exits took. Bad: near the exit's time limit: attachments do not arrive.",
    queries: percentiles("swarmpost_relay_exit_seconds"),
  },
];

const edge: readonly PanelSpec[] = [
  {
    title: "Time of requests at the edge (95 %)",
    unit: "s",
    description:
      "From a request's head to the end of its answer, by route. onion_req counts waits for messages of up to 20 s. Bad: json_rpc or storage_rpc high: bootstrapping is slow.",
    queries: [{ expr: quantile(0.95, "swarmpost_relay_request_seconds", "endpoint"), legend: "{{endpoint}}" }],
  },
  {
    title: "Requests at the edge by route and end",
    unit: "reqps",
    description: "Requests of clients. Bad: server_error or aborted growing with the load.",
    queries: rates("swarmpost_relay_requests_total", "endpoint, result"),
  },
  {
    title: "Request sizes",
    unit: "bytes",
    description:
      "Bodies at the edge. Bad: a 99 % line at megabytes for long: attachments go through onions, and relays hold them in memory.",
    queries: percentiles("swarmpost_relay_body_bytes"),
  },
  {
    title: "Under way",
    unit: "short",
    description:
      "Requests that all relays serve at this moment, exits counted apart. Bad: rising while the rate does not: something after the relay is slow.",
    queries: [{ expr: sum("swarmpost_relay_requests_under_way"), legend: "under way" }],
  },
  {
    title: "Slowest storage methods (95 %)",
    unit: "s",
    description:
      "Time that storages took to answer their relays: the end of every path. long_poll is what readers wait for messages, up to 20 s. Bad: store above 0.5 s: see the storage dashboard.",
    queries: [{ expr: quantile(0.95, "swarmpost_storage_request_seconds", "method"), legend: "{{method}}" }],
  },
  {
    title: "Relays that take requests",
    unit: "short",
    description: "Relays that serve clients. Bad: fewer than nodes that are registered.",
    queries: [{ expr: `sum(${series("swarmpost_relay_serving_state")})`, legend: "serving" }],
  },
];

/** Where a path is slow. */
export const relayLatency: DashboardSpec = {
  name: "relay-latency",
  title: "swarmpost / Relay and onion latency",
  description: "How long a request takes at each place of its path, and how hops, exits and the edge end.",
  rows: [
    { title: "By hop", panels: layers },
    { title: "Ends", panels: ends },
    { title: "Edge and destination", panels: edge },
  ],
};
