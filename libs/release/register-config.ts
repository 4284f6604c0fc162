import { clusterTlsConfig, type ConfigOf, configTypes, defineConfig } from "@swarmpost/runtime";
import { z } from "zod";
import { chainRows, pairList, textList } from "./config-values.ts";

const { integer } = configTypes;

/** Configuration of `register`. */
export const registerConfig = defineConfig({
  ...chainRows,
  ...clusterTlsConfig,
  RELAYS: { schema: pairList, doc: "Control gRPC of each node's relay, pod=host:port, comma separated." },
  UNLOCK_NODES: { schema: textList, doc: "Pods whose stake is to be unlocked, comma separated.", default: [] },
  OPERATOR_KEY: {
    schema: z.templateLiteral(["0x", z.string().regex(/^[0-9a-fA-F]{64}$/)]).optional(),
    doc: "Private key of the account that stakes, 0x and 64 hex digits.",
    secret: true,
  },
  OPERATOR_DEVELOPMENT_ACCOUNT: {
    schema: integer(1, 9).optional(),
    doc: "Index of the development account that stakes instead; what it lacks is minted.",
  },
  REGISTER_TIMEOUT_MS: { schema: integer(1_000), doc: "How long relays may take to answer.", default: 600_000 },
});

/** The values that the table describes. */
export type RegisterConfig = ConfigOf<typeof registerConfig>;
