import { PROOF_REFUSALS } from "@swarmpost/proof";
import type { Metrics } from "@swarmpost/runtime";

/** The metrics of test-suite. */
export type TestSuiteMetrics = ReturnType<typeof testSuiteMetrics>;

/** Registers the metrics of test-suite. */
export function testSuiteMetrics(metrics: Metrics) {
  return {
    proofs: {
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
      saves: metrics.counter("swarmpost_test_suite_saves_total", "Attempts to write proofs to Postgres.", {
        result: ["saved", "failed"],
      }),
    },
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
    registry: metrics.gauge("swarmpost_test_suite_registered_nodes", "Nodes in the registry."),
  };
}
