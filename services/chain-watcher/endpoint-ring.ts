import { assertNever } from "@swarmpost/runtime";
import { ChainWatcherError } from "./errors.ts";
import type { EvmEndpoint } from "./evm-endpoint.ts";
import type { ChainWatcherMetrics } from "./metrics.ts";

/** Several endpoints of one chain: one is used until it fails, then the next. */
export class EndpointRing {
  readonly #endpoints: readonly EvmEndpoint[];
  readonly #metrics: ChainWatcherMetrics["chain"];
  #current = 0;

  constructor(endpoints: readonly EvmEndpoint[], metrics: ChainWatcherMetrics["chain"]) {
    this.#endpoints = endpoints;
    this.#metrics = metrics;
  }

  /**
   * Tries `work` with each endpoint once, beginning with the last good one.
   * @throws ChainWatcherError `diverged` only when every endpoint is on another chain: a single bad one, or one that is
   * down, must neither stop the watcher nor be followed. Otherwise the first failure that is not a divergence.
   */
  async use<T>(work: (endpoint: EvmEndpoint) => Promise<T>): Promise<T> {
    const failures: ChainWatcherError[] = [];
    for (let tried = 0; tried < this.#endpoints.length; tried++) {
      const index = (this.#current + tried) % this.#endpoints.length;
      const endpoint = this.#endpoints[index] as EvmEndpoint;
      try {
        const result = await work(endpoint);
        this.#current = index;
        return result;
      } catch (error) {
        endpoint.forget();
        failures.push(this.#count(error));
      }
    }
    throw failures.find((failure) => failure.code !== "diverged") ?? failures[0];
  }

  #count(error: unknown): ChainWatcherError {
    if (!(error instanceof ChainWatcherError)) throw error;
    switch (error.code) {
      case "conflict":
        throw error; // of the database, not of the endpoint
      case "unreachable":
      case "inconsistent":
      case "behind":
      case "diverged":
        this.#metrics.endpointFailures.inc({ reason: error.code });
        return error;
      default:
        return assertNever(error.code);
    }
  }
}
