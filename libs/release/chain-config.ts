import { type ConfigOf, configTypes, defineConfig } from "@swarmpost/runtime";

const { text, port, integer } = configTypes;

/** Configuration of the development chain. */
export const chainConfig = defineConfig({
  CHAIN_HOST: { schema: text, doc: "Address on which JSON-RPC is served.", default: "127.0.0.1" },
  CHAIN_PORT: { schema: port, doc: "Port on which JSON-RPC is served.", default: 8545 },
  CHAIN_ID: { schema: integer(1), doc: "EIP-155 id of the chain.", default: 31_337 },
  CHAIN_STATE_DIR: { schema: text, doc: "Folder that keeps the chain." },
  CHAIN_BLOCK_MS: {
    schema: integer(100),
    doc: "Milliseconds between two blocks while nothing is sent; a transaction makes one at once.",
    default: 60_000,
  },
  CHAIN_FINALITY_BLOCKS: {
    schema: integer(1),
    doc: "Blocks that must follow one before it counts; they follow one with transactions at once. A block is made when those before it are on disk, so that none that counts is ever lost.",
    default: 1,
  },
  CHAIN_UNLOCK_DELAY_BLOCKS: {
    schema: integer(0),
    doc: "Blocks between a request to unlock and the end of a stake.",
    default: 1,
  },
  ANVIL: { schema: text, doc: "The anvil program.", default: "anvil" },
});

/** The values that the table describes. */
export type ChainConfig = ConfigOf<typeof chainConfig>;
