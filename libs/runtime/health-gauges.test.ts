import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "./logger.ts";
import { createRuntime } from "./runtime.ts";

test("what /readyz says is on /metrics, for the service and for each part", async () => {
  const { health, metrics } = createRuntime("chain-watcher", { logger: silentLogger });
  let bus: string | undefined = "not connected";
  health.check("bus", () => bus);
  health.check("network view", () => undefined);
  const ready = async () => [...(await metrics.render()).matchAll(/^(swarmpost_chain_watcher_\S+) (\d)$/gm)];
  const told = async () => Object.fromEntries((await ready()).map(([, series, value]) => [series, value]));
  assert.deepEqual(await told(), {
    swarmpost_chain_watcher_ready_state: "0",
    'swarmpost_chain_watcher_part_ready_state{part="service"}': "1",
    'swarmpost_chain_watcher_part_ready_state{part="bus"}': "0",
    'swarmpost_chain_watcher_part_ready_state{part="network_view"}': "1",
  });
  bus = undefined;
  assert.equal((await told())["swarmpost_chain_watcher_ready_state"], "1");
  health.stop();
  assert.equal((await told())["swarmpost_chain_watcher_ready_state"], "0");
  assert.equal((await told())['swarmpost_chain_watcher_part_ready_state{part="service"}'], "0");
});
