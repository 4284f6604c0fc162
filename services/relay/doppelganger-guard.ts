import type { Pubkey } from "@swarmpost/crypto";
import type { NodeContact, ViewFollower } from "@swarmpost/network-view";
import { type Clock, type Runtime, WakeableLoop } from "@swarmpost/runtime";
import type { Instance } from "./instance.ts";
import { RelayError } from "./relay-error.ts";

const LOOK_AGAIN_MS = 1_000;
const UNKNOWN_AGAIN_MS = 250;
/** What a refused start may take to end in order. */
const END_MS = 5_000;

const FOUND = "another process runs with this node's key and answers at its published address";

/** How the guard asks. */
export interface GuardOptions {
  readonly self: Pubkey;
  /** How long another process, such as a pod that is being stopped, may still answer after the start, ms. */
  readonly waitMs: number;
  /** How often it looks later, ms. */
  readonly checkMs: number;
}

/** What the guard needs. */
export interface GuardParts {
  readonly instance: Pick<Instance, "answererAt">;
  readonly follower: Pick<ViewFollower, "current" | "ready" | "onChange">;
  readonly runtime: Pick<Runtime, "logger" | "fail"> & { readonly clock: Pick<Clock, "now"> };
}

/**
 * Keeps two processes from running with one node key. It asks the address of this key's last proof who is there. Until it has
 * asked once this node is not ready, so it signs no proof and draws that address to itself only when nobody else answers there.
 * Another process found at the start ends this one after `waitMs`; found later it takes this node's readiness until it is gone.
 */
export class DoppelgangerGuard implements AsyncDisposable {
  readonly #options: GuardOptions;
  readonly #parts: GuardParts;
  readonly #loop: WakeableLoop;
  readonly #unfollow: () => void;
  #reason: string | undefined = "not known yet whether another process runs with this node's key";
  /** When the first look of the start found another process. */
  #foundAt: number | undefined;
  #started = false;
  #looked: NodeContact | undefined;

  constructor(options: GuardOptions, parts: GuardParts) {
    this.#options = options;
    this.#parts = parts;
    this.#loop = new WakeableLoop((signal) => this.#look(signal));
    this.#unfollow = parts.follower.onChange(() => {
      if (this.#contact !== this.#looked) this.#loop.wake();
    });
  }

  /** Why this node must not serve; undefined when no other process was found. */
  reason(): string | undefined {
    return this.#reason;
  }

  /** Whether another process was found at the last look. */
  get found(): boolean {
    return this.#reason === FOUND;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unfollow();
    await this.#loop[Symbol.asyncDispose]();
  }

  get #contact(): NodeContact | undefined {
    return this.#parts.follower.current.node(this.#options.self)?.contact;
  }

  async #look(signal: AbortSignal): Promise<number> {
    const { follower, instance } = this.#parts;
    if (!this.#started && follower.ready() !== undefined) return UNKNOWN_AGAIN_MS;
    const contact = this.#contact;
    this.#looked = contact;
    // A node that never proved itself is found nowhere.
    const answerer = contact ? await instance.answererAt(contact) : "nobody";
    if (signal.aborted) return 0;
    return answerer === "other" ? this.#other() : this.#alone();
  }

  #alone(): number {
    if (this.found) this.#parts.runtime.logger.warn("doppelganger_gone");
    this.#reason = undefined;
    this.#started = true;
    return this.#options.checkMs;
  }

  #other(): number {
    const { logger, clock, fail } = this.#parts.runtime;
    if (!this.found) logger.error("doppelganger_found", { reason: FOUND });
    this.#reason = FOUND;
    if (this.#started) return LOOK_AGAIN_MS;
    this.#foundAt ??= clock.now();
    if (clock.now() - this.#foundAt < this.#options.waitMs) return LOOK_AGAIN_MS;
    const sentence = `${FOUND}: stop it before this one starts`;
    logger.error("start_refused", { reason: sentence });
    fail(new RelayError("doppelganger", sentence), END_MS);
    return this.#options.checkMs;
  }
}
