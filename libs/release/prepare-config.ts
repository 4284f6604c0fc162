import { type ConfigOf, configTypes, defineConfig } from "@swarmpost/runtime";
import { chainRows, pairList, releaseRows, serverMap } from "./config-values.ts";

const { text, integer, flag } = configTypes;
const address = text.optional();

/** Configuration of `prepare`. */
export const prepareConfig = defineConfig({
  ...releaseRows,
  ...chainRows,
  OBJECT_LABELS: {
    schema: pairList,
    doc: "Labels of every object that is made, key=value, comma separated.",
    default: [],
  },
  NODE_REPLICAS: { schema: integer(1), doc: "How many nodes there are to be." },
  ALLOW_STAKED_SCALE_DOWN: {
    schema: flag,
    doc: "Lets the number of nodes shrink although those that go hold stake, or the chain can't be asked.",
    default: false,
  },
  CLUSTER_DOMAIN: { schema: text, doc: "DNS domain of the Kubernetes cluster.", default: "cluster.local" },
  NODE_KEYS_SECRET: { schema: address, doc: "An existing Secret with the nodes' seeds; without it they are made." },
  FILE_SERVER: { schema: flag, doc: "Whether the release has a file server, which needs a key.", default: false },
  FILE_SERVER_KEY_SECRET: {
    schema: address,
    doc: "An existing Secret with the file server's onion-key; without it one is made.",
  },
  CLUSTER_CA_SECRET: { schema: address, doc: "An existing Secret with ca.crt and ca.key; without it they are made." },
  DATABASES_SECRET: {
    schema: address,
    doc: "An existing Secret with the URL of every database; without it they are made.",
  },
  DATABASE_SERVERS: {
    schema: serverMap,
    doc: 'Which server holds which node\'s database, as JSON {"server":[ordinals]}.',
  },
  DATABASE_SERVICES_SERVER: { schema: text, doc: "The server that holds the databases of the other services." },
  DATABASE_SERVERS_DIR: {
    schema: address,
    doc: "Folder with a file for each existing server: its administrator's URL.",
  },
  QUICKSTART_POSTGRES: {
    schema: address,
    doc: "host:port of the quickstart's Postgres, which is the server `quickstart`.",
  },
  QUICKSTART_NATS: { schema: address, doc: "host:port of the quickstart's NATS." },
  QUICKSTART_REDIS: { schema: address, doc: "host:port of the quickstart's Redis." },
});

/** The values that the table describes. */
export type PrepareConfig = ConfigOf<typeof prepareConfig>;
