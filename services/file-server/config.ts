import { type ConfigOf, configTypes, defineConfig, sharedConfig } from "@swarmpost/runtime";
import { z } from "zod";

const DAY_SECONDS = 86_400;
const { text, port, integer, flag, url } = configTypes;

const clientVersions = z.string().transform((list, context) => {
  const pairs = list.split(",").map((pair) => pair.split("=").map((part) => part.trim()));
  const wrong = pairs.find((pair) => pair.length !== 2 || pair.includes(""));
  if (wrong) context.addIssue({ code: "custom", message: "must be platform=version, separated by commas" });
  return new Map(pairs.map(([platform = "", version = ""]) => [platform, version]));
});

/** Configuration of file-server. */
export const fileServerConfig = defineConfig({
  HOST: { schema: text, doc: "Address on which files are served.", default: "127.0.0.1" },
  HTTP_PORT: { schema: port, doc: "Port on which files are served; 0 takes any free one.", default: 22_080 },
  ONION_KEY: {
    schema: z.string().regex(/^[0-9a-fA-F]{64}$/, "must be 64 hex digits"),
    doc: "Seed of the Ed25519 key whose X25519 form clients encrypt onion requests to, 64 hex digits.",
    secret: true,
  },
  DATABASE_URL: sharedConfig.DATABASE_URL,
  DATABASE_CONNECTIONS: { schema: integer(1, 100), doc: "Most connections to Postgres.", default: 8 },
  CONTENT_DIR: {
    schema: text.optional(),
    doc: "Folder of the files' bytes, shared by all processes of one database. Either this or S3_BUCKET.",
  },
  S3_BUCKET: { schema: text.optional(), doc: "Bucket of the files' bytes, instead of CONTENT_DIR." },
  S3_ENDPOINT: {
    schema: url("http", "https").optional(),
    doc: "Server that speaks S3's protocol. Without it Amazon's own of S3_REGION.",
  },
  S3_REGION: { schema: text, doc: "Region of the bucket.", default: "us-east-1" },
  S3_PREFIX: { schema: z.string(), doc: "Put before the name of every object.", default: "" },
  S3_PATH_STYLE: {
    schema: flag,
    doc: "Whether the bucket is in the URL's path, not in the host's name.",
    default: true,
  },
  S3_ACCESS_KEY_ID: {
    schema: text.optional(),
    doc: "Access key. Without it, found as Amazon's tools find it.",
    secret: true,
  },
  S3_SECRET_ACCESS_KEY: { schema: text.optional(), doc: "Secret of S3_ACCESS_KEY_ID.", secret: true },
  MAX_FILE_BYTES: {
    schema: integer(1, 100_000_000),
    doc: "Largest file; Session's clients send up to 10,223,616 bytes.",
    default: 10_223_616,
  },
  MAX_UPLOADS: {
    schema: integer(1, 10_000),
    doc: "Uploads and onion requests at the same time. An onion request is in memory whole, about four times its file's size.",
    default: 32,
  },
  TURN_WAIT_MS: {
    schema: integer(1, 60_000),
    doc: "How long one more waits for its turn before it is asked to come back; an exit waits 25 seconds in all.",
    default: 10_000,
  },
  MAX_TTL_SECONDS: {
    schema: integer(1, 60 * DAY_SECONDS),
    doc: "How long a file is kept, unless its sender asks for less.",
    default: 14 * DAY_SECONDS,
  },
  CLIENT_VERSIONS: {
    schema: clientVersions.optional(),
    doc: "Newest version of each client as `/session_version` tells it: `desktop=1.17.17,android=1.29.1`.",
  },
  SWEEP_INTERVAL_MS: {
    schema: integer(10, DAY_SECONDS * 1000),
    doc: "Time between two looks for files that have expired.",
    default: 60_000,
  },
});

/** The values that the table describes. */
export type FileServerConfig = ConfigOf<typeof fileServerConfig>;
