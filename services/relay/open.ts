import { type Bus, openBus } from "@swarmpost/bus";
import { type Cache, connectRedis } from "@swarmpost/cache";
import { followNetwork, type ViewFollower } from "@swarmpost/network-view";
import { type BusConfig, readClusterTls, type Runtime } from "@swarmpost/runtime";
import type { RelayConfig } from "./config.ts";
import type { Admit } from "./peer-contacts.ts";
import { addressFinder, PublicAddress } from "./public-address.ts";

/** Outside connections and rules, which the one-process network and tests replace. */
export interface RelayOpen {
  readonly bus: (config: BusConfig) => Promise<Bus>;
  readonly cache: (url: string, runtime: Runtime) => Promise<Cache>;
  /** Keys let through besides the registry's own rule: how a fault cuts nodes off. All by default. */
  readonly admit?: Admit;
  /** The network view; by default followed from chain-watcher, swarm-coordinator and test-suite. */
  readonly view?: (config: RelayConfig, bus: Bus, runtime: Runtime) => Promise<ViewFollower>;
  /** The address that is published; by default what the configuration says. */
  readonly address?: (config: RelayConfig, runtime: Runtime) => Promise<PublicAddress>;
}

/** NATS and Redis. */
export const realOnes: RelayOpen = {
  bus: (config) => openBus(config, "relay"),
  cache: (url, { logger }) => connectRedis({ url, logger }),
};

/** Finds the published address as configured. @throws RelayError `bad-config` */
export async function configuredAddress(config: RelayConfig, runtime: Runtime): Promise<PublicAddress> {
  return await PublicAddress.open(await addressFinder(config), runtime);
}

/** Follows the network view from the services of the own cluster. */
export function followSources(config: RelayConfig, bus: Bus, runtime: Runtime): Promise<ViewFollower> {
  const options = {
    chainWatcherAddress: config.CHAIN_WATCHER,
    coordinatorAddress: config.COORDINATOR,
    testSuiteAddress: config.TEST_SUITE,
    tls: readClusterTls(config),
    bus,
  };
  return followNetwork(options, { runtime });
}
