import { buildDashboard } from "./build-dashboard.ts";
import { canary } from "./canary.ts";
import { chainWatcher } from "./chain-watcher.ts";
import type { DashboardSpec } from "./dashboard-spec.ts";
import { myNodes } from "./my-nodes.ts";
import { networkHealth } from "./network-health.ts";
import { proofs } from "./proofs.ts";
import { relayLatency } from "./relay-latency.ts";
import { storageRetention } from "./storage-retention.ts";

/** All dashboards, in the order in which an operator looks at them. */
export const dashboards: readonly DashboardSpec[] = [
  networkHealth,
  myNodes,
  relayLatency,
  storageRetention,
  chainWatcher,
  proofs,
  canary,
];

/** Name of a file in deploy/grafana/dashboards → its text. */
export function dashboardFiles(): Map<string, string> {
  return new Map(dashboards.map((spec) => [`${spec.name}.json`, `${JSON.stringify(buildDashboard(spec), null, 2)}\n`]));
}
