import { electionConfig } from "@swarmpost/kubernetes";
import {
  busConfig,
  clusterTlsConfig,
  type ConfigOf,
  configTypes,
  defineConfig,
  sharedConfig,
} from "@swarmpost/runtime";
import { nodeServers } from "./node-servers.ts";

/** Configuration of swarm-coordinator. */
export const swarmCoordinatorConfig = defineConfig({
  ...electionConfig,
  ...busConfig,
  DATABASE_URL: sharedConfig.DATABASE_URL,
  GRPC_HOST: sharedConfig.GRPC_HOST,
  GRPC_PORT: sharedConfig.GRPC_PORT,
  ...clusterTlsConfig,
  CHAIN_WATCHER: {
    schema: configTypes.text,
    doc: "Where chain-watcher serves gRPC, as host:port.",
    default: "127.0.0.1:9100",
  },
  NODE_KEYS_CONFIGMAP: {
    schema: configTypes.text.optional(),
    doc: "ConfigMap with the public key of each node pod of the own release. With it, node pods are labelled with their swarm and each swarm has a PodDisruptionBudget.",
  },
  RELEASE_NAME: {
    schema: configTypes.text.optional(),
    doc: "Value of app.kubernetes.io/instance of the own release. Needed with NODE_KEYS_CONFIGMAP.",
  },
  PDB_PREFIX: {
    schema: configTypes.text.optional(),
    doc: "What the names of PodDisruptionBudgets begin with. Needed with NODE_KEYS_CONFIGMAP.",
  },
  NODE_SERVERS: {
    schema: nodeServers.optional(),
    doc: "Which database server holds the messages of which node pod, as pod=server, comma separated.",
  },
});

/** The values that the table describes. */
export type SwarmCoordinatorConfig = ConfigOf<typeof swarmCoordinatorConfig>;
