import { Agent, request } from "undici";

/** What a server answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** How long an answer may take, ms, and who may end the wait for it. */
export interface PostOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Sends a body and gives the whole answer; rejects when the server can't be reached or is too slow. */
export type Post = (url: string, body: Uint8Array | string, options: PostOptions) => Promise<HttpAnswer>;

/** Most bytes of an answer that are read: a retrieve has 7.8 MB, twice wrapped in base64 and JSON. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * Connections to guards and seeds, kept open between requests. Certificates are not checked: the onion's own layers and
 * the seeds' signatures are what protects (storage-protocol 1.4).
 */
export class HttpsConnections implements AsyncDisposable {
  readonly #agent: Agent;

  /** `idleMs`: an unused connection is left after this long, before the relay leaves it: a request that meets its close would be lost. */
  constructor({ idleMs = 30_000 }: { readonly idleMs?: number } = {}) {
    this.#agent = new Agent({
      connect: { rejectUnauthorized: false, timeout: 5_000 },
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: idleMs,
      maxResponseSize: MAX_ANSWER_BYTES,
    });
  }

  /** POSTs; no `Content-Type`, as Session Desktop does for onions. */
  readonly post: Post = async (url, body, { timeoutMs, signal }) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const answer = await request(url, {
      method: "POST",
      body: typeof body === "string" ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      dispatcher: this.#agent,
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    return { status: answer.statusCode, body: Buffer.from(await answer.body.arrayBuffer()) };
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}
