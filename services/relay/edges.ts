import type { RelayConfig } from "./config.ts";
import { edgeCertificate } from "./edge-certificate.ts";
import { EdgeServer, type EdgeParts } from "./edge-server.ts";
import { edgeOptionsOf } from "./from-config.ts";
import { type RouteParts, routes, seedRoutes } from "./routes.ts";

/** What the ports for clients need. */
export type EdgesParts = RouteParts & Omit<EdgeParts, "routes">;

/** The ports for clients, each with connections counted apart: a flood of seed questions in the clear closes no way to the messages. */
export class Edges implements AsyncDisposable {
  readonly #https: EdgeServer;
  readonly #plain: EdgeServer | undefined;

  private constructor(https: EdgeServer, plain: EdgeServer | undefined) {
    this.#https = https;
    this.#plain = plain;
  }

  /** Makes them as the settings say; nothing listens yet. @throws RelayError `bad-config` */
  static async make(config: RelayConfig, parts: EdgesParts): Promise<Edges> {
    const options = edgeOptionsOf(config);
    const tls = await edgeCertificate(config);
    const { SEED_HTTP_PORT: port } = config;
    const https = new EdgeServer({ ...options, tls }, { ...parts, routes: routes(parts) });
    if (port === undefined) return new Edges(https, undefined);
    const plain = new EdgeServer({ ...options, port, tls: undefined }, { ...parts, routes: seedRoutes(parts) });
    return new Edges(https, plain);
  }

  /** As bound. */
  get httpsPort(): number {
    return this.#https.port;
  }

  /** The plain HTTP port for seed questions, as bound; undefined when there is none. */
  get seedHttpPort(): number | undefined {
    return this.#plain?.port;
  }

  /** Binds the ports and serves. Throws when one is in use. */
  async listen(): Promise<void> {
    await Promise.all([this.#https.listen(), this.#plain?.listen()]);
  }

  /** Takes no more connections; see {@link EdgeServer}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#https[Symbol.asyncDispose](), this.#plain?.[Symbol.asyncDispose]()]);
  }
}
