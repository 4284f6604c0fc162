import { electionConfig } from "@swarmpost/kubernetes";
import { type ConfigOf, configTypes, defineConfig, serverConfig, sharedConfig } from "@swarmpost/runtime";
import { MIN_TTL_MS, PUBLIC_INBOX_MAX_TTL_MS } from "@swarmpost/storage-rpc";
import { z } from "zod";
import { addressList, peerSeedList, versionText } from "./config-values.ts";

const { integer, oneOf } = configTypes;

/** Configuration of test-suite. */
export const testSuiteConfig = defineConfig({
  ...electionConfig,
  DATABASE_URL: sharedConfig.DATABASE_URL,
  ...serverConfig,
  CHAIN_WATCHER: sharedConfig.CHAIN_WATCHER,
  RELAYS: {
    schema: addressList,
    doc: "host:port of each own relay's control gRPC, comma separated; a name that resolves to several addresses stands for all of them.",
    default: [],
  },
  PEER_SEEDS: {
    schema: peerSeedList,
    doc: "Nodes of other clusters for the first contact, comma separated <ed25519 key in hex>@host:port of their peer links.",
    default: [],
  },
  ADDRESS_POLICY: {
    schema: oneOf("public", "private"),
    doc: "Which addresses proofs may name; private also allows RFC 1918 and loopback. The same in all clusters of a network.",
    default: "public",
  },
  MINIMUM_VERSION: {
    schema: versionText,
    doc: "Lowest Session storage server version that a proof may tell, as major.minor.patch.",
    default: [0, 0, 0],
  },
  PROOF_INTERVAL_MS: { schema: integer(1_000), doc: "How often each own node proves itself.", default: 3_600_000 },
  PROOF_LIFETIME_MS: {
    schema: integer(1_000),
    doc: "How long a proof counts after it was received.",
    default: 7_500_000,
  },
  CONTACT_CHECK_MS: {
    schema: integer(100),
    doc: "How often each own relay is asked whether its contact changed, and the names in RELAYS are resolved again.",
    default: 10_000,
  },
  REGISTRY_POLL_MS: {
    schema: integer(100),
    doc: "How often the registry is asked for besides the bus.",
    default: 10_000,
  },
  SPREAD_MS: { schema: integer(100), doc: "How often new proofs are sent to other clusters.", default: 2_000 },
  DIGEST_MS: {
    schema: integer(100),
    doc: "How often all proofs are compared with another cluster when nothing is new.",
    default: 60_000,
  },
  CANARY_INTERVAL_MS: {
    schema: integer(0),
    doc: "How often the canary writes a message through the onion; 0 switches it off. It reaches all nodes of the network on their HTTPS ports.",
    default: 0,
  },
  CANARY_WAIT_MS: {
    schema: integer(0),
    doc: "How long after its acknowledgement a message of the canary is first read.",
    default: 5_000,
  },
  CANARY_TTL_MS: {
    schema: integer(MIN_TTL_MS).pipe(z.number().max(PUBLIC_INBOX_MAX_TTL_MS)),
    doc: "Life of a message of the canary; it is read again and again until then.",
    default: 86_400_000,
  },
  CANARY_CONFIRM_MS: {
    schema: integer(0),
    doc: "A message of the canary that no member of its swarm gives out counts as lost when this is still so after this time.",
    default: 60_000,
  },
});

/** The values that the table describes. */
export type TestSuiteConfig = ConfigOf<typeof testSuiteConfig>;
