import type { LookupFunction } from "node:net";
import type { ServerLayer } from "@swarmpost/onion";
import { errorFields } from "@swarmpost/runtime";
import { Agent, type Dispatcher } from "undici";
import { type Answer, busyAnswer, knownStatus, textAnswer, timeoutAnswer } from "./answer.ts";
import { type Caller, timeFor } from "./caller.ts";
import { ADDRESS_REFUSED } from "./exit-lookup.ts";
import type { ExitPolicy } from "./exit-policy.ts";
import type { ExitWork } from "./exit-work.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { Place } from "./work-limit.ts";

/** A file of 10 MB with its onion layer still fits. */
const MAX_ANSWER_BYTES = 11 * 1024 * 1024;

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
  readonly #metrics: Pick<RelayMetrics, "exits" | "exitSeconds">;
  readonly #work: ExitWork;
  readonly #judged: Agent;
  readonly #aliased = new Agent({ maxResponseSize: MAX_ANSWER_BYTES });

  /** @param parts.lookup finds the addresses of all servers but those of aliases. */
  constructor(
    options: ExitOptions,
    parts: {
      policy: ExitPolicy;
      lookup: LookupFunction;
      metrics: Pick<RelayMetrics, "exits" | "exitSeconds">;
      work: ExitWork;
    },
  ) {
    this.#judged = new Agent({ maxResponseSize: MAX_ANSWER_BYTES, connect: { lookup: parts.lookup } });
    this.#options = options;
    this.#policy = parts.policy;
    this.#metrics = parts.metrics;
    this.#work = parts.work;
  }

  /** `refused` when the policy does not let the request leave. Ends when the caller is gone. Never rejects. */
  async post(layer: ServerLayer, caller: Caller): Promise<Answer | "refused"> {
    const decision = this.#policy.decide(layer);
    if (!decision) {
      this.#metrics.exits.inc({ result: "refused" });
      return "refused";
    }
    using place = this.#work.enter(decision.url.hostname);
    if (!place) return this.#busy();
    const startedMs = performance.now();
    try {
      const dispatcher = decision.aliased ? this.#aliased : this.#judged;
      const answer = await this.#request(decision.url, { dispatcher, body: layer.plaintext, place, caller });
      if (!answer) return this.#busy();
      this.#metrics.exits.inc({ result: "answered" });
      caller.log.step("exit_answered", { status: answer.status });
      return answer;
    } catch (error) {
      caller.log.step("exit_failed", errorFields(error));
      return this.#failed(error);
    } finally {
      this.#metrics.exitSeconds.observe((performance.now() - startedMs) / 1_000);
    }
  }

  /** Undefined when there is no room for the answer. */
  async #request(
    url: URL,
    { dispatcher, body, place, caller }: { dispatcher: Dispatcher; body: Buffer; place: Place; caller: Caller },
  ): Promise<Answer | undefined> {
    const timeout = AbortSignal.timeout(timeFor(caller, this.#options.timeoutMs));
    const response = await dispatcher.request({
      origin: url.origin,
      path: url.pathname,
      method: "POST",
      body,
      headers: { "content-type": "application/octet-stream", "user-agent": this.#options.userAgent },
      signal: AbortSignal.any([timeout, caller.signal]),
    });
    const chunks: Buffer[] = [];
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      // Leaving the loop ends the request.
      if (!place.hold(chunk.length)) return undefined;
      chunks.push(chunk);
    }
    return { status: knownStatus(response.statusCode), body: Buffer.concat(chunks), json: false };
  }

  #busy(): Answer {
    this.#metrics.exits.inc({ result: "busy" });
    return busyAnswer;
  }

  #failed(error: unknown): Answer | "refused" {
    const { code, name } = error as { code?: unknown; name?: unknown };
    if (code === ADDRESS_REFUSED) {
      this.#metrics.exits.inc({ result: "refused" });
      return "refused";
    }
    const timeout = name === "TimeoutError" || (typeof code === "string" && code.includes("TIMEOUT"));
    this.#metrics.exits.inc({ result: timeout ? "timeout" : "failed" });
    return timeout ? timeoutAnswer : textAnswer(502, "Could not reach the server");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#judged.destroy(), this.#aliased.destroy()]);
  }
}
