import { chainWatcherConfig } from "@swarmpost/chain-watcher/config.ts";
import { createChainWatcher } from "@swarmpost/chain-watcher/service.ts";
import { fileServerConfig } from "@swarmpost/file-server/config.ts";
import { createFileServer } from "@swarmpost/file-server/service.ts";
import { relayConfig } from "@swarmpost/relay/config.ts";
import { createRelay } from "@swarmpost/relay/service.ts";
import { storageConfig } from "@swarmpost/storage/config.ts";
import { createStorage } from "@swarmpost/storage/service.ts";
import { swarmCoordinatorConfig } from "@swarmpost/swarm-coordinator/config.ts";
import { createSwarmCoordinator } from "@swarmpost/swarm-coordinator/service.ts";
import { testSuiteConfig } from "@swarmpost/test-suite/config.ts";
import { createTestSuite } from "@swarmpost/test-suite/service.ts";
import type { Bus } from "@swarmpost/bus";
import type { Cache } from "@swarmpost/cache";
import type { Pubkey } from "@swarmpost/crypto";
import { parseConfig, type Runtime } from "@swarmpost/runtime";
import type { ServiceName } from "./options.ts";

/** What takes the place of the outside connections when services share one process. */
export interface InProcessParts {
  readonly bus: () => Promise<Bus>;
  readonly cache: () => Promise<Cache>;
  /** Whether this node's peer servers let a key in, besides their own rules: how a fault cuts nodes off. */
  readonly admit: (peer: Pubkey) => boolean;
}

type Environment = Record<string, string>;
type Start = (env: Environment, runtime: Runtime, parts: InProcessParts) => Promise<AsyncDisposable>;

/** How each service is made inside this process; `main.ts` does the same with the environment and the real connections. */
export const inProcess: Record<ServiceName, Start> = {
  relay: (env, runtime, parts) => createRelay(parseConfig(relayConfig, env), runtime, parts),
  storage: (env, runtime, parts) => createStorage(parseConfig(storageConfig, env), runtime, parts),
  "swarm-coordinator": (env, runtime, parts) =>
    createSwarmCoordinator(parseConfig(swarmCoordinatorConfig, env), runtime, parts),
  "chain-watcher": (env, runtime, parts) => createChainWatcher(parseConfig(chainWatcherConfig, env), runtime, parts),
  "test-suite": (env, runtime, parts) => createTestSuite(parseConfig(testSuiteConfig, env), runtime, parts),
  "file-server": (env, runtime) => createFileServer(parseConfig(fileServerConfig, env), runtime),
};
