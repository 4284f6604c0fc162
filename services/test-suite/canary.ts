import { accountFromEntropy, ClientError, type SwarmpostClient } from "@swarmpost/client";
import { type Clock, errorFields, type Logger, WakeableLoop } from "@swarmpost/runtime";
import { CanaryAccounts } from "./canary-accounts.ts";
import type { CanaryConnection } from "./canary-connection.ts";
import { type Finding, lookFor } from "./canary-look.ts";
import { type CanarySchedule, nextLookMs } from "./canary-schedule.ts";
import { CANARY_STATES, type CanaryMessage, type CanaryStore } from "./canary-store.ts";
import type { TestSuiteMetrics } from "./metrics.ts";

/** How often the canary writes and when it looks. */
export interface CanaryOptions extends CanarySchedule {
  /** Between two messages, ms; 0: no canary. */
  readonly intervalMs: number;
  /** A message that all members lacked is lost when they still lack it after this long, ms. */
  readonly confirmMs: number;
}

/** What the canary works with. */
export interface CanaryParts {
  readonly connection: CanaryConnection;
  readonly store: CanaryStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: TestSuiteMetrics;
}

type Step = "connect" | "store" | "read" | "save";

const LOOKS_AT_ONCE = 8;
const RETRY_MS = 1_000;
/** After a look that told nothing, and how often the counts are renewed. */
const AGAIN_MS = 15_000;
const TEXT = "canary";

/**
 * Writes a message to a fresh account through the onion for ever, reads it back at several ages, and counts what was
 * acknowledged against what is readable (docs/adr/0012-canary.md). One step at a time, so looks wait for a slow store.
 */
export class Canary implements AsyncDisposable {
  readonly #options: CanaryOptions;
  readonly #parts: CanaryParts;
  readonly #accounts = new CanaryAccounts();
  readonly #loop: WakeableLoop | undefined;
  #writeMs = 0;
  #failing: Step | undefined;

  constructor(options: CanaryOptions, parts: CanaryParts) {
    this.#options = options;
    this.#parts = parts;
    parts.metrics.canary.interval.set(options.intervalMs / 1_000);
    if (options.intervalMs > 0) this.#loop = new WakeableLoop((signal) => this.#step(signal));
  }

  /** Requests under way are given up; what was acknowledged is remembered. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#loop?.[Symbol.asyncDispose]();
    await this.#parts.connection[Symbol.asyncDispose]();
    await ended;
    await this.#parts.connection[Symbol.asyncDispose]();
  }

  async #step(signal: AbortSignal): Promise<number> {
    const { connection, store, clock } = this.#parts;
    if (!connection.possible) return RETRY_MS;
    try {
      const client = await connection.client();
      if (clock.now() >= this.#writeMs) await this.#write(client);
      await store.prune(clock.now());
      const due = await store.due(clock.now(), LOOKS_AT_ONCE);
      const looks = await Promise.allSettled(due.map((message) => this.#look(client, message, signal)));
      for (const look of looks) if (look.status === "rejected") throw look.reason;
      return await this.#summarise();
    } catch (error) {
      if (signal.aborted) return 0;
      this.#failed(error instanceof ClientError ? "connect" : "save", error);
      return RETRY_MS;
    }
  }

  async #write(client: SwarmpostClient): Promise<void> {
    const { clock, store, metrics } = this.#parts;
    const { intervalMs, ttlMs } = this.#options;
    this.#writeMs = clock.now() + intervalMs;
    let acknowledged: CanaryMessage;
    try {
      const account = this.#accounts.next(client);
      const receipt = await this.#timed("store", () => client.send(account, account.id, TEXT, { ttlMs }));
      const nowMs = clock.now();
      const nextMs = nextLookMs(nowMs, 0, this.#options) ?? nowMs;
      const times = { acknowledgedMs: nowMs, expiresMs: receipt.sentMs - client.clockOffsetMs + ttlMs, nextMs };
      acknowledged = { hash: receipt.hash, entropy: account.entropy, looks: 0, state: "fresh", ...times };
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.#parts.connection.renew();
      return this.#failed("store", error);
    }
    await store.add(acknowledged);
    metrics.canary.acknowledged.inc();
    this.#failing = undefined;
  }

  async #look(client: SwarmpostClient, message: CanaryMessage, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const account = accountFromEntropy(message.entropy);
    const { finding, error } = await this.#timed("read", () => lookFor(client, account, message.hash));
    if (signal.aborted) return;
    if (error !== undefined) this.#failed("read", error);
    // What a node may rightly have dropped by the time of the answer tells nothing.
    if (clock.now() + RETRY_MS >= message.expiresMs) return await this.#parts.store.remove(message.hash);
    await this.#judge(message, finding);
  }

  async #judge(message: CanaryMessage, finding: Finding): Promise<void> {
    const { clock, store, metrics, logger } = this.#parts;
    const { confirmMs } = this.#options;
    const { hash, looks, acknowledgedMs, state } = message;
    const lost = finding === "missing" && state === "missing";
    metrics.canary.looks.inc({ result: lost ? "lost" : finding });
    if (lost) {
      logger.error("canary_lost", { age_ms: clock.now() - acknowledgedMs });
      await store.remove(hash);
      return metrics.canary.lost.inc();
    }
    if (finding === "missing") {
      logger.warn("canary_missing", { age_ms: clock.now() - acknowledgedMs });
      return await store.note(hash, { looks, state: "missing", nextMs: clock.now() + confirmMs });
    }
    if (finding === "unknown") {
      // A message that all members lacked is still suspected while they do not all answer.
      const kept = state === "missing" ? state : "unknown";
      return await store.note(hash, { looks, state: kept, nextMs: clock.now() + AGAIN_MS });
    }
    if (looks === 0) metrics.canary.readable.inc();
    const nextMs = nextLookMs(acknowledgedMs, looks + 1, this.#options);
    if (nextMs === undefined) return await store.remove(hash);
    await store.note(hash, { looks: looks + 1, state: "readable", nextMs });
  }

  /** Counts what is remembered; gives the rest until something is due. */
  async #summarise(): Promise<number> {
    const { store, metrics, clock } = this.#parts;
    const { counts, nextMs } = await store.summary();
    for (const state of CANARY_STATES) metrics.canary.messages.set({ state }, counts[state]);
    const untilMs = Math.min(this.#writeMs, nextMs ?? this.#writeMs) - clock.now();
    return Math.min(AGAIN_MS, Math.max(0, untilMs));
  }

  async #timed<T>(step: "store" | "read", work: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    const result = await work();
    this.#parts.metrics.canary.seconds.observe({ step }, (performance.now() - startedMs) / 1_000);
    return result;
  }

  /** Counts a failure; tells only the first of a row. */
  #failed(step: Step, error: unknown): void {
    this.#parts.metrics.canary.failures.inc({ step });
    if (this.#failing !== step) this.#parts.logger.warn("canary_failed", { name: step, ...errorFields(error) });
    this.#failing = step;
  }
}
