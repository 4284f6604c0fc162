import { LATENCY_SECONDS, type Metrics } from "@swarmpost/runtime";

/** The metrics of chain-watcher. */
export type ChainWatcherMetrics = ReturnType<typeof chainWatcherMetrics>;

/** Registers the metrics of chain-watcher. */
export function chainWatcherMetrics(metrics: Metrics) {
  const name = (rest: string) => `swarmpost_chain_watcher_${rest}`;
  return {
    chain: {
      head: metrics.gauge(name("head_height"), "Height of the newest block that an endpoint told of."),
      final: metrics.gauge(name("final_height"), "Height of the last final block that was read and kept."),
      stopped: metrics.gauge(name("stopped_state"), "1 when the chain went back past finality or is another one."),
      polls: metrics.counter(name("polls_total"), "Looks at the chain.", { result: ["ok", "failed"] }),
      pollSeconds: metrics.histogram(name("poll_seconds"), "Duration of a look at the chain.", LATENCY_SECONDS),
      endpointFailures: metrics.counter(name("endpoint_failures_total"), "Failures of single endpoints.", {
        reason: ["unreachable", "inconsistent", "behind", "diverged"],
      }),
    },
    registry: {
      nodes: metrics.gauge(name("registered_nodes"), "Registered nodes as of the last final block."),
      events: metrics.counter(name("events_total"), "Events of the staking contract that were read.", {
        kind: ["registered", "unlock-requested", "exited"],
      }),
      ignored: metrics.counter(
        name("registrations_ignored_total"),
        "Registrations that count for nothing because the node key did not sign them.",
      ),
    },
    serving: {
      streams: metrics.gauge(name("watch_streams"), "Open WatchBlocks streams."),
      published: metrics.counter(name("publications_total"), "Registries published on the bus.", {
        result: ["sent", "too_large"],
      }),
    },
  };
}
