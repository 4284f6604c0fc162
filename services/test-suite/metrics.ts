import { PROOF_REFUSALS } from "@swarmpost/proof";
import { LATENCY_SECONDS, type Metrics } from "@swarmpost/runtime";
import { CANARY_STATES } from "./canary-store.ts";

/** The metrics of test-suite. */
export type TestSuiteMetrics = ReturnType<typeof testSuiteMetrics>;

/** Registers the metrics of test-suite. */
export function testSuiteMetrics(metrics: Metrics) {
  return {
    proofs: proofMetrics(metrics),
    relays: metrics.gauge("swarmpost_test_suite_relays", "Own relays by whether they signed when last asked.", {
      state: ["signing", "silent"],
    }),
    exchanges: {
      sent: metrics.counter("swarmpost_test_suite_exchanges_total", "Exchanges of proofs begun with other clusters.", {
        result: ["done", "failed"],
      }),
      answered: metrics.counter(
        "swarmpost_test_suite_answers_total",
        "Exchanges of proofs that other clusters began.",
        {
          result: ["done", "refused"],
        },
      ),
    },
    canary: canaryMetrics(metrics),
    registry: metrics.gauge("swarmpost_test_suite_registered_nodes", "Nodes in the registry."),
  };
}

function proofMetrics(metrics: Metrics) {
  return {
    judged: metrics.counter(
      "swarmpost_test_suite_proofs_total",
      "Proofs judged, by verdict and by where they came from.",
      {
        reason: ["accepted", ...PROOF_REFUSALS],
        source: ["own", "peer"],
      },
    ),
    valid: metrics.gauge("swarmpost_test_suite_valid_proofs", "Nodes with a valid proof."),
    missing: metrics.gauge("swarmpost_test_suite_missing_proofs", "Registered nodes without a valid proof."),
    oldest: metrics.gauge(
      "swarmpost_test_suite_oldest_proof_seconds",
      "Time since the oldest proof that still counts was accepted, of this cluster's own nodes and of any node; 0 without one.",
      { of: ["own", "any"] },
    ),
    saves: metrics.counter("swarmpost_test_suite_saves_total", "Attempts to write proofs to Postgres.", {
      result: ["saved", "failed"],
    }),
  };
}

function canaryMetrics(metrics: Metrics) {
  const name = (rest: string) => `swarmpost_test_suite_canary_${rest}`;
  return {
    interval: metrics.gauge(name("interval_seconds"), "Time between two messages of the canary; 0 while it is off."),
    acknowledged: metrics.counter(name("acknowledged_total"), "Messages of the canary that a swarm acknowledged."),
    readable: metrics.counter(name("readable_total"), "Acknowledged messages of the canary that were read back."),
    lost: metrics.counter(
      name("lost_total"),
      "Acknowledged messages that no member of their swarm gives out though all answered, twice. Must stay 0.",
    ),
    looks: metrics.counter(name("looks_total"), "Looks for acknowledged messages by what they found.", {
      result: ["readable", "late", "missing", "unknown", "lost"],
    }),
    messages: metrics.gauge(
      name("messages"),
      "Unexpired messages of the canary by what the last look at them found; fresh before the first.",
      { state: CANARY_STATES },
    ),
    seconds: metrics.histogram(
      name("seconds"),
      "Time that a store or a read through the onion took, the client's retries included.",
      LATENCY_SECONDS,
      { step: ["store", "read"] },
    ),
    failures: metrics.counter(
      name("failures_total"),
      "Steps of the canary that failed in spite of the client's retries.",
      {
        step: ["connect", "store", "read", "save"],
      },
    ),
  };
}
