import { type ConfigOf, configTypes, defineConfig } from "@swarmpost/runtime";

const { text, port, integer } = configTypes;

/** Configuration of the development chain. */
export const chainConfig = defineConfig({
  CHAIN_HOST: { schema: text, doc: "Address on which JSON-RPC is served.", default: "127.0.0.1" },
  CHAIN_PORT: { schema: port, doc: "Port on which JSON-RPC is served.", default: 8545 },
  CHAIN_STATE_DIR: { schema: text, doc: "Folder that keeps the chain." },
  CHAIN_BLOCK_MS: {
    schema: integer(1_000),
    doc: "Milliseconds between two blocks, rounded to seconds; a transaction makes one at once.",
    default: 10_000,
  },
  CHAIN_FINALITY_BLOCKS: { schema: integer(0), doc: "Blocks that must follow one before it counts.", default: 0 },
  CHAIN_UNLOCK_DELAY_BLOCKS: {
    schema: integer(0),
    doc: "Blocks between a request to unlock and the end of a stake.",
    default: 1,
  },
  ANVIL: { schema: text, doc: "The anvil program.", default: "anvil" },
});

/** The values that the table describes. */
export type ChainConfig = ConfigOf<typeof chainConfig>;
