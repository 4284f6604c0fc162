import { LATENCY_SECONDS, type Metrics, SIZE_BYTES } from "@swarmpost/runtime";

const ENDPOINTS = ["onion_req", "storage_rpc", "json_rpc", "ping_test", "get_stats", "other"] as const;
const RESULTS = ["ok", "client_error", "server_error", "aborted"] as const;
const OUTCOMES = [
  "final",
  "path_build",
  "node",
  "server",
  "invalid_ciphertext",
  "invalid_json",
  "replay",
  "too_long",
] as const;

const HOPS = ["guard", "middle", "last", "destination", "beyond"] as const;

/** Which route of the HTTPS edge. */
export type Endpoint = (typeof ENDPOINTS)[number];
/** What became of an onion layer. */
export type LayerOutcome = (typeof OUTCOMES)[number];

/** Where on a path of three a layer is, by the relays it says it passed. */
export type HopPosition = (typeof HOPS)[number];

/** The position of a layer that passed `hopNo` relays before; its sender says how many, so a false number is possible. */
export function hopPosition(hopNo: number): HopPosition {
  return HOPS[Math.min(Math.max(0, hopNo), HOPS.length - 1)] ?? "beyond";
}

/** What the relay counts; no label can hold an identity. */
export type RelayMetrics = ReturnType<typeof relayMetrics>;

/** Registers the relay's metrics. */
export function relayMetrics(metrics: Metrics) {
  return { ...edgeMetrics(metrics), ...onionMetrics(metrics) };
}

function edgeMetrics(metrics: Metrics) {
  return {
    requests: metrics.counter("swarmpost_relay_requests_total", "Requests answered at the HTTPS edge.", {
      endpoint: ENDPOINTS,
      result: RESULTS,
    }),
    requestSeconds: metrics.histogram(
      "swarmpost_relay_request_seconds",
      "Time from the head of a request to the end of its answer.",
      LATENCY_SECONDS,
      { endpoint: ENDPOINTS },
    ),
    bodyBytes: metrics.histogram("swarmpost_relay_body_bytes", "Size of request bodies at the edge.", SIZE_BYTES),
  };
}

function onionMetrics(metrics: Metrics) {
  return {
    layers: metrics.counter("swarmpost_relay_layers_total", "Onion layers by what became of them.", {
      outcome: OUTCOMES,
    }),
    layerSeconds: metrics.histogram(
      "swarmpost_relay_layer_seconds",
      "Time to answer an onion layer, what comes after this hop included, by where on the path this node was.",
      LATENCY_SECONDS,
      { hop: HOPS },
    ),
    hops: metrics.counter("swarmpost_relay_hops_total", "Requests sent on to the next node by their end.", {
      result: ["answered", "not_found", "unreachable", "timeout", "cancelled", "refused", "busy"],
    }),
    hopSeconds: metrics.histogram("swarmpost_relay_hop_seconds", "Wait for the next node's answer.", LATENCY_SECONDS),
    exits: metrics.counter("swarmpost_relay_exits_total", "Requests sent to servers outside by their end.", {
      result: ["answered", "refused", "timeout", "failed", "busy"],
    }),
    exitSeconds: metrics.histogram(
      "swarmpost_relay_exit_seconds",
      "Wait for the answer of a server outside.",
      LATENCY_SECONDS,
    ),
    limited: metrics.counter("swarmpost_relay_limited_requests_total", "Requests refused for their rate.", {
      by: ["client", "node"],
    }),
    busy: metrics.counter("swarmpost_relay_busy_requests_total", "Requests refused because too much was under way.", {
      by: ["client", "node"],
    }),
  };
}
