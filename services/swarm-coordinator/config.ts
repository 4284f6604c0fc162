import { electionConfig } from "@swarmpost/kubernetes";
import { type ConfigOf, configTypes, defineConfig, serverConfig, sharedConfig } from "@swarmpost/runtime";
import { nodeServers } from "./node-servers.ts";

/** Configuration of swarm-coordinator. */
export const swarmCoordinatorConfig = defineConfig({
  ...electionConfig,
  DATABASE_URL: sharedConfig.DATABASE_URL,
  ...serverConfig,
  CHAIN_WATCHER: sharedConfig.CHAIN_WATCHER,
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
