import type { Metrics } from "@swarmpost/runtime";

/** The metrics of an election. */
export type ElectionMetrics = ReturnType<typeof electionMetrics>;

/** Registers the metrics of the election of a service; `service` as in `swarm-coordinator`. */
export function electionMetrics(metrics: Metrics, service: string) {
  const name = (rest: string) => `swarmpost_${service.replaceAll("-", "_")}_${rest}`;
  return {
    leader: metrics.gauge(name("leader_state"), "1 while this pod does the work, 0 while it stands by."),
    failures: metrics.counter(
      name("election_failures_total"),
      "Attempts about the Lease or the leader label that the Kubernetes API refused or left unanswered.",
      { kind: ["lease", "label"] },
    ),
  };
}
