import { errorFields, type Runtime } from "@swarmpost/runtime";
import type { Kubernetes } from "./client.ts";
import type { ElectionMetrics } from "./election-metrics.ts";
import { KubernetesError } from "./errors.ts";
import { LeaderElector } from "./leader-elector.ts";
import { LeaderLabel } from "./leader-label.ts";
import { LeaseLock } from "./lease-lock.ts";

/** The election that a process takes part in. */
export interface CandidateOptions {
  readonly lease: string;
  readonly pod: string;
  readonly identity: string;
  readonly durationMs: number;
  readonly renewMs: number;
  readonly retryMs: number;
  /** How long a leader may take to make its service before it lets another try. */
  readonly startMs: number;
}

/** What a candidate works with. */
export interface CandidateParts {
  readonly kubernetes: Kubernetes;
  readonly runtime: Runtime;
  readonly metrics: ElectionMetrics;
  /** Makes the service, once the Lease is held. */
  readonly create: () => Promise<AsyncDisposable>;
}

/** How long the end of a leader may wait for the API: the standby takes a Lease that was not given back anyway. */
const FAREWELL_MS = 2_000;

const monotonic = (): number => performance.now();

/** One process of an elected service: stands by, then leads, then gives the Lease back. */
export class Candidate implements AsyncDisposable {
  readonly #options: CandidateOptions;
  readonly #parts: CandidateParts;
  readonly #lock: LeaseLock;
  readonly #elector: LeaderElector;
  readonly #label: LeaderLabel;
  readonly #waiting = new AbortController();
  readonly #keeping = new AbortController();
  readonly #led: Promise<void>;
  #kept: Promise<void> | undefined;
  #service: AsyncDisposable | undefined;

  constructor(options: CandidateOptions, parts: CandidateParts) {
    this.#options = options;
    this.#parts = parts;
    const { kubernetes, metrics } = parts;
    const { logger, clock } = parts.runtime;
    this.#lock = new LeaseLock(options, { kubernetes, monotonic, wall: () => clock.now() });
    const onFailure = (): void => metrics.failures.inc({ kind: "lease" });
    this.#elector = new LeaderElector(options, { lock: this.#lock, logger, monotonic, onFailure });
    const onLabelFailure = (): void => metrics.failures.inc({ kind: "label" });
    this.#label = new LeaderLabel(options.pod, { kubernetes, logger, onFailure: onLabelFailure });
    metrics.leader.set(0);
    logger.info("standing_by");
    this.#led = this.#lead();
  }

  /** Never rejects: a leader that fails ends the process. */
  async #lead(): Promise<void> {
    const { runtime, metrics, create } = this.#parts;
    const held = await this.#elector.acquire(this.#waiting.signal).then(
      () => true,
      () => false, // told to stop
    );
    if (!held) return;
    this.#kept = this.#elector.keep(this.#keeping.signal).catch((error: unknown) => this.#fail("lease_lost", error));
    if (this.#waiting.signal.aborted) return;
    runtime.logger.info("leading");
    let made = false;
    runtime.health.check("leader", () => (made ? undefined : "starting to lead"));
    const limit = setTimeout(() => this.#fail("leader_start_failed", tooSlow()), this.#options.startMs);
    try {
      this.#service = await create();
    } catch (error) {
      if (!this.#waiting.signal.aborted) this.#fail("leader_start_failed", error);
      return;
    } finally {
      clearTimeout(limit);
    }
    made = true;
    if (this.#waiting.signal.aborted) return;
    metrics.leader.set(1);
    this.#label.lead();
  }

  /** Whatever the service does, the process is gone before another can hold the Lease. */
  #fail(event: string, error: unknown): void {
    const { runtime } = this.#parts;
    runtime.logger.error(event, errorFields(error));
    runtime.fail(error, Math.max(0, this.#lock.renewedAt + this.#options.durationMs - monotonic()));
  }

  /** The service first: nobody else may lead while it works. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#waiting.abort();
    await this.#led;
    try {
      await this.#service?.[Symbol.asyncDispose]();
    } finally {
      this.#parts.metrics.leader.set(0);
      this.#keeping.abort();
      await this.#kept;
      await this.#release();
      await this.#label[Symbol.asyncDispose]();
    }
  }

  /** Also of a standby: its last attempt may have taken the Lease. */
  async #release(): Promise<void> {
    const { logger } = this.#parts.runtime;
    await this.#lock.release(AbortSignal.timeout(FAREWELL_MS)).then(
      () => logger.info("election_left"),
      (error: unknown) => logger.warn("lease_not_released", errorFields(error)),
    );
  }
}

/** What it waits for may be there for others: it may be this machine alone that can't reach it. */
function tooSlow(): KubernetesError {
  return new KubernetesError("no-start", "what the service needs was not there in time");
}
