import { connectKubernetes } from "@swarmpost/kubernetes";
import { ConfigError, type Logger } from "@swarmpost/runtime";
import type { SwarmState } from "@swarmpost/swarm";
import { BudgetKeeper } from "./budget-keeper.ts";
import type { SwarmCoordinatorConfig } from "./config.ts";
import type { CoordinatorMetrics } from "./metrics.ts";

/**
 * What has to hear of each map so that the release's swarms have their budgets; with NODE_KEYS_CONFIGMAP only.
 * @throws ConfigError when settings are missing that it needs, KubernetesError when there is no way to the API
 */
export async function budgetsFromConfig(
  config: SwarmCoordinatorConfig,
  { logger, metrics }: { logger: Logger; metrics: CoordinatorMetrics },
  stack: AsyncDisposableStack,
): Promise<(map: SwarmState) => void> {
  const { NODE_KEYS_CONFIGMAP: nodeKeys, NODE_SERVERS: servers = new Map() } = config;
  if (nodeKeys === undefined) return () => {};
  const { RELEASE_NAME: release, PDB_PREFIX: prefix, LEASE_NAME: lease, POD_NAMESPACE: namespace } = config;
  if (release === undefined || prefix === undefined || lease === undefined || namespace === undefined) {
    const needed = ["RELEASE_NAME", "PDB_PREFIX", "LEASE_NAME", "POD_NAMESPACE"] as const;
    const missing = needed.filter((key) => config[key] === undefined);
    throw new ConfigError(missing.map((key) => `${key} is required with NODE_KEYS_CONFIGMAP`));
  }
  const kubernetes = await connectKubernetes({ namespace });
  const options = { nodeKeys, release, prefix, lease, servers };
  const keeper = stack.use(new BudgetKeeper(options, { kubernetes, logger, metrics }));
  return (map) => keeper.follow(map);
}
