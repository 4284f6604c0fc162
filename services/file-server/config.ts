import { type ConfigOf, configTypes, defineConfig, sharedConfig } from "@swarmpost/runtime";

const DAY_SECONDS = 86_400;

/** Configuration of file-server. */
export const fileServerConfig = defineConfig({
  HOST: { schema: configTypes.text, doc: "Address on which files are served.", default: "127.0.0.1" },
  HTTP_PORT: {
    schema: configTypes.port,
    doc: "Port on which files are served; 0 takes any free one.",
    default: 22_080,
  },
  DATABASE_URL: sharedConfig.DATABASE_URL,
  DATABASE_CONNECTIONS: { schema: configTypes.integer(1, 100), doc: "Most connections to Postgres.", default: 8 },
  MAX_FILE_BYTES: {
    schema: configTypes.integer(1, 100_000_000),
    doc: "Largest file; Session's clients send up to 10,000,000 bytes.",
    default: 10_000_000,
  },
  MAX_UPLOADS: {
    schema: configTypes.integer(1, 10_000),
    doc: "Uploads at the same time, each held in memory until it is stored; more are asked to come back.",
    default: 32,
  },
  MAX_TTL_SECONDS: {
    schema: configTypes.integer(1, 60 * DAY_SECONDS),
    doc: "How long a file is kept, unless its sender asks for less.",
    default: 14 * DAY_SECONDS,
  },
  SWEEP_INTERVAL_MS: {
    schema: configTypes.integer(10, DAY_SECONDS * 1000),
    doc: "Time between two looks for days whose files have all expired.",
    default: 600_000,
  },
});

/** The values that the table describes. */
export type FileServerConfig = ConfigOf<typeof fileServerConfig>;
