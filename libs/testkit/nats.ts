import { restartableServer, type TestServer } from "./restartable-server.ts";
import { systemProgram } from "./system-program.ts";

/** A NATS server of its own on loopback; it keeps nothing on disk. */
export interface NatsServer extends TestServer {
  /** `nats://127.0.0.1:port`. */
  readonly url: string;
}

/** Where it is, whom it lets in (anybody by default), and the files of its certificate, with which it takes TLS only. */
export interface NatsServerOptions {
  readonly port?: number;
  readonly user?: { readonly name: string; readonly password: string };
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
}

/** Starts the system's `nats-server`. @throws TestkitError `missing-program` when it is not installed. */
export async function startNats(options: NatsServerOptions = {}): Promise<NatsServer> {
  const command = systemProgram("/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server");
  const { user, tls } = options;
  const certificate = tls === undefined ? [] : ["--tls", "--tlscert", tls.certificateFile, "--tlskey", tls.keyFile];
  const account = user === undefined ? [] : ["--user", user.name, "--pass", user.password];
  const server = await restartableServer(options.port, (port) => ({
    command,
    args: ["--addr", "127.0.0.1", "--port", String(port), ...account, ...certificate],
    options: { readyText: "Server is ready" },
    stopSignal: "SIGTERM",
  }));
  return Object.assign(server, { url: `nats://127.0.0.1:${server.port}` });
}
