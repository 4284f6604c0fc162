import { type ConfigOf, configTypes, defineConfig } from "@swarmpost/runtime";
import { evmAddress, pairList } from "./config-values.ts";

const { text, flag, integer } = configTypes;

/** Where clients begin. */
export const seedsConfig = defineConfig({
  SEEDS: {
    schema: pairList,
    doc: "Nodes that are asked who is in the network, pod=https://host:port, comma separated.",
  },
  NODE_KEYS_DIR: { schema: text, doc: "Folder with a file for each pod: its node's public key, 64 hex digits." },
  NETWORK_NAME: { schema: text, doc: "Name of the network, for people.", default: "private" },
  NETWORK_DIVERSITY: {
    schema: flag,
    doc: "Whether paths avoid two nodes of one /24 network or operator.",
    default: false,
  },
});

/** Configuration of `message-test`. */
export const messageTestConfig = defineConfig({
  ...seedsConfig,
  MESSAGE_TIMEOUT_MS: {
    schema: integer(1_000),
    doc: "How long the network may take to be there and to carry the message.",
    default: 180_000,
  },
});

/** Configuration of `network-file`. */
export const networkFileConfig = defineConfig({
  ...seedsConfig,
  FILE_SERVER_URL: {
    schema: configTypes.url("http", "https").optional(),
    doc: "Where attachments go, as the exits resolve it; goes with FILE_SERVER_DIR.",
  },
  FILE_SERVER_DIR: {
    schema: text.optional(),
    doc: "Folder with the file `onion-pubkey`: the X25519 key of the file server, 64 hex digits.",
  },
  CHAIN_ID: { schema: integer(1).optional(), doc: "EIP-155 id of the chain, for people and tools." },
  CHAIN_CONTRACT: { schema: evmAddress.optional(), doc: "Address of the staking contract, for people and tools." },
});

/** The values that the tables describe. */
export type SeedsConfig = ConfigOf<typeof seedsConfig>;
export type MessageTestConfig = ConfigOf<typeof messageTestConfig>;
export type NetworkFileConfig = ConfigOf<typeof networkFileConfig>;
