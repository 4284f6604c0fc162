import { createRuntime, type ManualClock, parseConfig, type Runtime, silentLogger } from "@swarmpost/runtime";
import { fileServerConfig } from "../config.ts";
import { createFileServer, type FileServer } from "../service.ts";

/** Seed of the test servers' onion key. */
export const TEST_ONION_KEY = "11".repeat(32);

/** A file server in this process, and how a plain HTTP client uses it. */
export class TestFileServer implements AsyncDisposable {
  readonly server: FileServer;
  readonly runtime: Runtime;

  private constructor(server: FileServer, runtime: Runtime) {
    this.server = server;
    this.runtime = runtime;
  }

  /** Starts one on a free port. */
  static async start(env: Record<string, string>, clock: ManualClock): Promise<TestFileServer> {
    const { runtime, started } = TestFileServer.begin(env, clock);
    return new TestFileServer(await started, runtime);
  }

  /** Begins to start one; its runtime tells how far it is. */
  static begin(env: Record<string, string>, clock: ManualClock): { runtime: Runtime; started: Promise<FileServer> } {
    const runtime = createRuntime("file-server", { logger: silentLogger, clock });
    const all = { HTTP_PORT: "0", SWEEP_INTERVAL_MS: "50", ONION_KEY: TEST_ONION_KEY, ...env };
    return { runtime, started: createFileServer(parseConfig(fileServerConfig, all), runtime) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }

  /** Any request. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(`http://${this.server.address}${path}`, init);
  }

  /** `POST /file`. */
  async put(body: Buffer | undefined, headers: Record<string, string> = {}): Promise<Response> {
    return await this.fetch("/file", {
      method: "POST",
      headers,
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
  }

  /** `POST /file` that has to succeed. */
  async stored(
    body: Buffer,
    headers?: Record<string, string>,
  ): Promise<{ id: string; uploaded: number; expires: number }> {
    const response = await this.put(body, headers);
    if (response.status !== 200) throw new Error(`upload: ${response.status} ${await response.text()}`);
    return (await response.json()) as { id: string; uploaded: number; expires: number };
  }

  /** `GET /file/:id`. */
  async get(id: string, headers: Record<string, string> = {}): Promise<Response> {
    return await this.fetch(`/file/${id}`, { headers });
  }

  /** Metrics as Prometheus reads them. */
  async metrics(): Promise<string> {
    return await this.runtime.metrics.render();
  }
}

/** A response's body. */
export async function bytes(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}
