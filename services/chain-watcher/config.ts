import { electionConfig } from "@swarmpost/kubernetes";
import { type ConfigOf, configTypes, defineConfig, serverConfig, sharedConfig } from "@swarmpost/runtime";
import { isAddress } from "viem";

const rpcUrls = configTypes.text
  .transform((text) => text.split(",").map((url) => url.trim()))
  .refine((urls) => urls.every((url) => /^https?:\/\//.test(url) && URL.canParse(url)), {
    message: "must be URLs that begin with http:// or https://, separated by commas",
  });

const contract = configTypes.text
  .refine((text) => isAddress(text, { strict: false }), { message: "must be 0x and 40 hex digits" })
  .transform((text) => text.toLowerCase() as `0x${string}`);

/** Settings of chain-watcher. Finality is not among them: it is a parameter of the contract. */
export const chainWatcherConfig = defineConfig({
  ...electionConfig,
  DATABASE_URL: sharedConfig.DATABASE_URL,
  ...serverConfig,
  CHAIN_RPC_URLS: {
    schema: rpcUrls,
    doc: "JSON-RPC endpoints of the chain, separated by commas; one is used until it fails, then the next.",
    secret: true,
  },
  CHAIN_CONTRACT: { schema: contract, doc: "Address of the staking contract." },
  CHAIN_POLL_MS: {
    schema: configTypes.integer(10, 3_600_000),
    doc: "Milliseconds between two looks at the chain's head.",
    default: 1_000,
  },
  CHAIN_LOG_RANGE_BLOCKS: {
    schema: configTypes.integer(1, 1_000_000),
    doc: "Most blocks whose events are asked for at once; public endpoints allow from 500 to 10,000.",
    default: 2_000,
  },
  CHAIN_RPC_TIMEOUT_MS: {
    schema: configTypes.integer(100, 600_000),
    doc: "Milliseconds after which an endpoint that does not answer counts as failed.",
    default: 10_000,
  },
  CHAIN_STALE_MS: {
    schema: configTypes.integer(1_000, 86_400_000),
    doc: "Milliseconds without a good answer from the chain after which the service says so in its health.",
    default: 60_000,
  },
});

/** The settings as parsed. */
export type ChainWatcherConfig = ConfigOf<typeof chainWatcherConfig>;
