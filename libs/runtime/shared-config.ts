import { clusterTlsConfig } from "./cluster-tls.ts";
import { type ConfigOf, configTypes, defineConfig } from "./config.ts";

/** Rows that `run` adds to every service's table and reads itself. */
export const processConfig = defineConfig({
  LOG_LEVEL: {
    schema: configTypes.oneOf("debug", "info", "warn", "error", "silent"),
    doc: "Lowest level of the log lines that are written.",
    default: "info",
  },
  ADMIN_HOST: {
    schema: configTypes.text,
    doc: "Address of the admin server (/livez, /readyz, /metrics).",
    default: "127.0.0.1",
  },
  DRAIN_MS: {
    schema: configTypes.integer(0, 600_000),
    doc: "How long after SIGTERM requests are still served while the service already says that it is not ready: callers hear of that a little later.",
    default: 0,
  },
  ADMIN_PORT: { schema: configTypes.port, doc: "Port of the admin server; 0 takes any free one.", default: 9090 },
  SETTINGS_FILE: {
    schema: configTypes.text.optional(),
    doc: "File of KEY=VALUE lines for settings that the environment leaves out; lines that begin with # are comments.",
  },
});

/** Rows of every service on the bus. */
export const busConfig = defineConfig({
  BUS_URL: {
    schema: configTypes.urls("nats", "tls"),
    doc: "URL of the NATS server; of several, separated by commas, one that answers is used. `tls://` demands an encrypted connection. User and password are those of the first.",
    secret: true,
    default: "nats://127.0.0.1:4222",
  },
  BUS_CA_FILE: {
    schema: configTypes.text.optional(),
    doc: "PEM of the certificate authority that the NATS servers' certificates must come from, read at each connection, for the DNS names in BUS_URL; with it the connection is encrypted whatever BUS_URL says. Without it `tls://` believes the usual public ones.",
  },
});

/** The values of {@link busConfig}. */
export type BusConfig = ConfigOf<typeof busConfig>;

/** Rows that several services share; each service's table names the ones it needs. */
export const sharedConfig = defineConfig({
  REDIS_URL: {
    schema: configTypes.url("redis", "rediss"),
    doc: "URL of the Redis server. It needs a `maxmemory` below its container's limit, with `maxmemory-policy volatile-ttl`: entries that end soonest then go first. Any other policy refuses new entries or forgets some that still count.",
    secret: true,
    default: "redis://127.0.0.1:6379",
  },
  DATABASE_URL: {
    schema: configTypes.url("postgres", "postgresql"),
    doc: "URL of the Postgres database.",
    secret: true,
  },
  CHAIN_WATCHER: { schema: configTypes.text, doc: "host:port of chain-watcher's gRPC.", default: "127.0.0.1:50051" },
});

/** Rows of every service that speaks on the bus and serves gRPC inside its cluster. */
export const serverConfig = defineConfig({
  ...busConfig,
  GRPC_HOST: { schema: configTypes.text, doc: "Address on which gRPC is served.", default: "127.0.0.1" },
  GRPC_PORT: { schema: configTypes.port, doc: "Port on which gRPC is served; 0 takes any free one.", default: 0 },
  ...clusterTlsConfig,
});

/** Rows of both halves of a node: its key, and where both ask who is in the network. */
export const nodeConfig = defineConfig({
  NODE_SEED: {
    schema: configTypes.text.regex(/^[0-9a-fA-F]{64}$/, "must be 64 hex digits"),
    doc: "Seed of the node's Ed25519 key, 64 hex digits. Never leaves this pod.",
    secret: true,
  },
  CHAIN_WATCHER: sharedConfig.CHAIN_WATCHER,
  COORDINATOR: { schema: configTypes.text, doc: "host:port of swarm-coordinator's gRPC.", default: "127.0.0.1:50052" },
  TEST_SUITE: { schema: configTypes.text, doc: "host:port of test-suite's gRPC.", default: "127.0.0.1:50053" },
});
