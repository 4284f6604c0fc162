import { electionConfig } from "@swarmpost/kubernetes";
import { type ConfigOf, configTypes, defineConfig, sharedConfig } from "@swarmpost/runtime";

/** Configuration of swarm-coordinator. */
export const swarmCoordinatorConfig = defineConfig({
  ...electionConfig,
  BUS_URL: sharedConfig.BUS_URL,
  DATABASE_URL: sharedConfig.DATABASE_URL,
  GRPC_HOST: sharedConfig.GRPC_HOST,
  GRPC_PORT: sharedConfig.GRPC_PORT,
  CHAIN_WATCHER: {
    schema: configTypes.text,
    doc: "Where chain-watcher serves gRPC, as host:port.",
    default: "127.0.0.1:9100",
  },
});

/** The values that the table describes. */
export type SwarmCoordinatorConfig = ConfigOf<typeof swarmCoordinatorConfig>;
