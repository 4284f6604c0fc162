import { lookup as resolve } from "node:dns";
import type { LookupFunction } from "node:net";
import type { ServerLayer } from "@swarmpost/onion";
import { Agent, type Dispatcher } from "undici";
import { type Answer, knownStatus, textAnswer } from "./answer.ts";
import { isPublicAddress } from "./exit-address.ts";
import type { ExitPolicy } from "./exit-policy.ts";
import type { RelayMetrics } from "./metrics.ts";

/** A file of 10 MB with its onion layer still fits. */
const MAX_ANSWER_BYTES = 11 * 1024 * 1024;
const REFUSED = "ERR_EXIT_REFUSED";

/** How exits behave. */
export interface ExitOptions {
  readonly timeoutMs: number;
  /** Told to servers, as every storage server tells it. */
  readonly userAgent: string;
}

/**
 * Sends an onion's plaintext to a server outside: POST, TLS verified, no redirects. The server's status and body go back
 * as they are; only it and the client can read them. Source: Session storage server 2.11, proxying to a server.
 */
export class ExitClient implements AsyncDisposable {
  readonly #options: ExitOptions;
  readonly #policy: ExitPolicy;
  readonly #exits: RelayMetrics["exits"];
  readonly #guarded = new Agent({ maxResponseSize: MAX_ANSWER_BYTES, connect: { lookup: publicLookup } });
  readonly #open = new Agent({ maxResponseSize: MAX_ANSWER_BYTES });

  constructor(options: ExitOptions, parts: { policy: ExitPolicy; exits: RelayMetrics["exits"] }) {
    this.#options = options;
    this.#policy = parts.policy;
    this.#exits = parts.exits;
  }

  /** `refused` when the policy does not let the request leave. Never rejects. */
  async post(layer: ServerLayer): Promise<Answer | "refused"> {
    const decision = this.#policy.decide(layer);
    if (!decision) {
      this.#exits.inc({ result: "refused" });
      return "refused";
    }
    try {
      const answer = await this.#request(decision.url, decision.listed ? this.#open : this.#guarded, layer.plaintext);
      this.#exits.inc({ result: "answered" });
      return answer;
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #request(url: URL, dispatcher: Dispatcher, body: Buffer): Promise<Answer> {
    const response = await dispatcher.request({
      origin: url.origin,
      path: url.pathname,
      method: "POST",
      body,
      headers: { "content-type": "application/octet-stream", "user-agent": this.#options.userAgent },
      signal: AbortSignal.timeout(this.#options.timeoutMs),
    });
    const bytes = Buffer.from(await response.body.arrayBuffer());
    return { status: knownStatus(response.statusCode), body: bytes, json: false };
  }

  #failed(error: unknown): Answer | "refused" {
    const { code, name } = error as { code?: unknown; name?: unknown };
    if (code === REFUSED) {
      this.#exits.inc({ result: "refused" });
      return "refused";
    }
    const timeout = name === "TimeoutError" || (typeof code === "string" && code.includes("TIMEOUT"));
    this.#exits.inc({ result: timeout ? "timeout" : "failed" });
    return timeout ? textAnswer(504, "Request time out") : textAnswer(502, "Could not reach the server");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#guarded.destroy(), this.#open.destroy()]);
  }
}

/** Resolves a name to its public addresses only; a name with none of them fails, so nothing inside can be reached. */
const publicLookup: LookupFunction = (hostname, options, done) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    const allowed = error ? [] : addresses.filter(({ address }) => isPublicAddress(address));
    const [first] = allowed;
    if (error) done(error, "");
    else if (!first) done(Object.assign(new Error("no public address"), { code: REFUSED }), "");
    else if (options.all) done(null, allowed);
    else done(null, first.address, first.family);
  });
};
