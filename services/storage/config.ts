import {
  busConfig,
  clusterTlsConfig,
  type ConfigOf,
  configTypes,
  defineConfig,
  nodeConfig,
  sharedConfig,
} from "@swarmpost/runtime";

const { text, port, integer } = configTypes;

/** Configuration of the storage: the messages of one service node. */
export const storageConfig = defineConfig({
  ...nodeConfig,
  DATABASE_URL: sharedConfig.DATABASE_URL,
  ...busConfig,
  ...clusterTlsConfig,
  HOST: { schema: text, doc: "Address on which the replica port is served.", default: "0.0.0.0" },
  REPLICA_PORT: { schema: port, doc: "Port for the storages of the swarm; 0 takes any free one.", default: 22_022 },
  LOCAL_HOST: { schema: text, doc: "Address of the link for this node's relay: loopback only.", default: "127.0.0.1" },
  LOCAL_PORT: { schema: port, doc: "Port of the link for this node's relay; 0 takes any free one.", default: 22_030 },
  DATABASE_CONNECTIONS: { schema: integer(2, 100), doc: "Most connections to Postgres at once.", default: 4 },
  DATABASE_LOCK_WAIT_MS: {
    schema: integer(1),
    doc: "How long the start waits for another storage on the same database to end. Postgres notices a machine that is gone after 11 s.",
    default: 30_000,
  },
  COMMIT_GATHER_MS: { schema: integer(0, 100), doc: "How long a first commit waits for company.", default: 2 },
  POLL_GATHER_MS: { schema: integer(0, 100), doc: "How long a first poll waits for company.", default: 1 },
  QUEUE_LENGTH: {
    schema: integer(1),
    doc: "Most commits, and most polls, that wait; more are refused.",
    default: 20_000,
  },
  WAITING_READERS: {
    schema: integer(0),
    doc: "Most readers that wait for messages on this node; more are answered at once. Each takes a place at the four relays of its path: MAX_REQUESTS of the relays must be above it, MAX_PEER_REQUESTS above three times it.",
    default: 3_000,
  },
  WAITING_READERS_PER_CALLER: {
    schema: integer(0),
    doc: "The same for one account, one of its subaccounts, or all who read an account without a signature.",
    default: 1_000,
  },
  MEMBER_TIMEOUT_MS: {
    schema: integer(100),
    doc: "A swarm member must have committed within this time.",
    default: 5_000,
  },
  STRAGGLER_MS: {
    schema: integer(0),
    doc: "Once a majority has committed, the other members get this much longer before the client is answered.",
    default: 1_000,
  },
  PENDING_FRAMES: {
    schema: integer(1),
    doc: "Missed frames kept for one member; a member that missed more is offered everything when it returns.",
    default: 50_000,
  },
  PENDING_BYTES: {
    schema: integer(1),
    doc: "The same for the bytes of these frames.",
    default: 268_435_456,
  },
  RETRY_MS: { schema: integer(50), doc: "How often missed frames and handoffs are tried again.", default: 3_000 },
});

/** The values of {@link storageConfig}. */
export type StorageConfig = ConfigOf<typeof storageConfig>;
