import type { Metrics } from "@swarmpost/runtime";

/** The metrics of swarm-coordinator. */
export type CoordinatorMetrics = ReturnType<typeof coordinatorMetrics>;

/** Registers the metrics of swarm-coordinator. */
export function coordinatorMetrics(metrics: Metrics) {
  return {
    map: {
      swarms: metrics.gauge("swarmpost_swarm_coordinator_map_swarms", "Swarms of the map in force."),
      nodes: metrics.gauge("swarmpost_swarm_coordinator_map_nodes", "Nodes that are in a swarm."),
      smallest: metrics.gauge(
        "swarmpost_swarm_coordinator_smallest_swarm_nodes",
        "Members of the smallest swarm of the map in force; 0 while there is none.",
      ),
      height: metrics.gauge("swarmpost_swarm_coordinator_map_height", "Height of the block that last changed the map."),
      changes: metrics.counter("swarmpost_swarm_coordinator_map_changes_total", "Blocks that changed the map."),
    },
    chain: {
      height: metrics.gauge("swarmpost_swarm_coordinator_chain_height", "Height up to which the chain is known."),
      followed: metrics.gauge(
        "swarmpost_swarm_coordinator_chain_followed",
        "1 while blocks stream from chain-watcher and the map is up to date with them, else 0.",
      ),
      contradictions: metrics.counter(
        "swarmpost_swarm_coordinator_chain_contradictions_total",
        "Times the chain contradicted the stored map; following has then stopped.",
      ),
    },
    kubernetes: kubernetesMetrics(metrics),
    saves: metrics.counter("swarmpost_swarm_coordinator_saves_total", "Attempts to write the map to Postgres.", {
      result: ["saved", "failed"],
    }),
  };
}

function kubernetesMetrics(metrics: Metrics) {
  return {
    reconciles: metrics.counter(
      "swarmpost_swarm_coordinator_budget_syncs_total",
      "Rounds of putting pod labels and disruption budgets in step with the map.",
      { result: ["done", "failed"] },
    ),
    unlabelled: metrics.gauge(
      "swarmpost_swarm_coordinator_unlabelled_pods",
      "Node pods whose swarm label is missing or wrong: no drain spares them for their swarm.",
    ),
    budgets: metrics.gauge("swarmpost_swarm_coordinator_budgets", "Disruption budgets of swarms that are in place."),
    sharedServer: metrics.gauge(
      "swarmpost_swarm_coordinator_swarm_members_sharing_server",
      "Most members of one swarm whose messages are on one database server; 0 while that is not known.",
    ),
    majorities: metrics.gauge(
      "swarmpost_swarm_coordinator_swarms_on_one_server",
      "Swarms of which one database server holds a majority's messages: losing it can lose what was acknowledged.",
    ),
  };
}
