import type { AddressInfo } from "node:net";
import { openMigrated } from "@swarmpost/postgres";
import type { Runtime } from "@swarmpost/runtime";
import type { FastifyInstance } from "fastify";
import type { FileServerConfig } from "./config.ts";
import { ExpirySweeper } from "./expiry-sweeper.ts";
import { FileStore } from "./file-store.ts";
import { httpServer } from "./http-server.ts";
import { fileServerMetrics } from "./metrics.ts";
import { migrations } from "./migrations.ts";
import { addRoutes } from "./routes.ts";

const DRAIN_MS = 10_000;

/** The running service. */
export interface FileServer extends AsyncDisposable {
  /** Where it serves HTTP, as host:port. */
  readonly address: string;
}

/**
 * Starts file-server: attachments are put, read for as long as their sender asked, and expire. Waits for a database that is
 * not there yet. @throws DatabaseError `failed` when the schema cannot be brought up to date.
 */
export async function createFileServer(config: FileServerConfig, runtime: Runtime): Promise<FileServer> {
  await using stack = new AsyncDisposableStack();
  const { clock, logger } = runtime;
  const metrics = fileServerMetrics(runtime.metrics);

  const { DATABASE_URL: url, DATABASE_CONNECTIONS: maxConnections } = config;
  const connection = { url, maxConnections, applicationName: "file-server" };
  const database = stack.use(await openMigrated(connection, { migrations, runtime }));

  const store = new FileStore(database);
  stack.use(new ExpirySweeper({ intervalMs: config.SWEEP_INTERVAL_MS }, { store, clock, metrics, logger }));

  const limits = { maxFileBytes: config.MAX_FILE_BYTES, maxUploads: config.MAX_UPLOADS };
  const server = httpServer(limits, { logger });
  addRoutes(server, { maxTtlSeconds: config.MAX_TTL_SECONDS }, { store, clock, metrics });
  stack.defer(() => drain(server));
  await server.listen({ host: config.HOST, port: config.HTTP_PORT });
  const { address, port } = server.server.address() as AddressInfo;

  const opened = stack.move();
  return { address: `${address}:${port}`, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Lets running requests finish, but no slow reader hold up the shutdown. */
async function drain(server: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => server.server.closeAllConnections(), DRAIN_MS);
  await server.close();
  clearTimeout(timer);
}
