import type { AddressInfo } from "node:net";
import { ed25519SecretToX25519, signingKeyPairFromSeed, x25519PublicKey } from "@swarmpost/crypto";
import { openMigrated } from "@swarmpost/postgres";
import type { Runtime } from "@swarmpost/runtime";
import type { FastifyInstance } from "fastify";
import type { FileServerConfig } from "./config.ts";
import { contentFromConfig } from "./content-from-config.ts";
import { ExpirySweeper } from "./expiry-sweeper.ts";
import { numericFileId, textFileId } from "./file-id.ts";
import { FileTable } from "./file-table.ts";
import { httpServer, limitHeldWhole } from "./http-server.ts";
import { fileServerMetrics } from "./metrics.ts";
import { migrations } from "./migrations.ts";
import { addOnionRoutes } from "./onion-routes.ts";
import { addRoutes } from "./routes.ts";

const DRAIN_MS = 10_000;

/** The running service. */
export interface FileServer extends AsyncDisposable {
  /** Where it serves HTTP, as host:port. */
  readonly address: string;
  /** X25519 key that clients encrypt onion requests to, 64 hex digits. */
  readonly pubkey: string;
}

/**
 * Starts file-server: attachments are put, read for as long as their sender asked, and expire, by plain HTTP and through
 * onions. Waits for a database that is not there yet.
 * @throws DatabaseError `failed` when the schema cannot be brought up to date; ConfigError; ContentError
 */
export async function createFileServer(config: FileServerConfig, runtime: Runtime): Promise<FileServer> {
  await using stack = new AsyncDisposableStack();
  const { clock, logger } = runtime;
  const metrics = fileServerMetrics(runtime.metrics);
  const content = await contentFromConfig(config, stack);

  const { DATABASE_URL: url, DATABASE_CONNECTIONS: maxConnections } = config;
  const connection = { url, maxConnections, applicationName: "file-server" };
  const table = new FileTable(stack.use(await openMigrated(connection, { migrations, runtime })));
  const parts = { table, content, clock, metrics };
  stack.use(new ExpirySweeper({ intervalMs: config.SWEEP_INTERVAL_MS }, { ...parts, logger }));

  const { MAX_FILE_BYTES: maxFileBytes, MAX_TTL_SECONDS: maxTtlSeconds } = config;
  const options = { maxFileBytes, maxTtlSeconds, versions: config.CLIENT_VERSIONS ?? new Map() };
  const inner = httpServer({ logger });
  addRoutes(inner, { ...options, newId: textFileId }, parts);
  await inner.ready();

  const keys = onionKeys(config.ONION_KEY);
  const server = httpServer({ logger });
  limitHeldWhole(server, { most: config.MAX_UPLOADS, turnMs: config.TURN_WAIT_MS });
  addRoutes(server, { ...options, newId: numericFileId }, parts);
  addOnionRoutes(server, options, { keys, inner, metrics });
  stack.defer(() => drain(server));
  await server.listen({ host: config.HOST, port: config.HTTP_PORT });
  const { address, port } = server.server.address() as AddressInfo;

  const pubkey = keys.publicKey.toString("hex");
  const opened = stack.move();
  return { address: `${address}:${port}`, pubkey, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function onionKeys(seed: string): { publicKey: Buffer; secretKey: Buffer } {
  const secretKey = ed25519SecretToX25519(signingKeyPairFromSeed(Buffer.from(seed, "hex")).secretKey);
  return { secretKey, publicKey: x25519PublicKey(secretKey) };
}

/** Lets running requests finish, but no slow reader hold up the shutdown. */
async function drain(server: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => server.server.closeAllConnections(), DRAIN_MS);
  await server.close();
  clearTimeout(timer);
}
