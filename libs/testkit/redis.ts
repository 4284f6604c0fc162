import { restartableServer, type TestServer } from "./restartable-server.ts";
import { systemProgram } from "./system-program.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A Redis server of its own on loopback; its data is in memory and gone after `stop` or `kill`. */
export interface RedisServer extends TestServer {
  /** `redis://127.0.0.1:port`. */
  readonly url: string;
}

const settings = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];

/** Starts the system's `redis-server`, with a password if one is given. @throws TestkitError `missing-program` when it is not installed. */
export async function startRedis(options: { port?: number; password?: string } = {}): Promise<RedisServer> {
  const command = systemProgram("/usr/bin/redis-server", "/usr/local/bin/redis-server");
  const { password } = options;
  const account = password === undefined ? [] : ["--requirepass", password];
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const server = await restartableServer(options.port, (port) => ({
    command,
    args: [...settings, "--port", String(port), "--dir", folder.path, ...account],
    options: { readyText: "Ready to accept connections", cwd: folder.path },
    stopSignal: "SIGTERM",
  }));
  stack.use({ [Symbol.asyncDispose]: server[Symbol.asyncDispose] });
  const parts = stack.move();
  return Object.assign(server, {
    url: `redis://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  });
}
