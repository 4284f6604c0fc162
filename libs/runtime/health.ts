/** Why a part is not ready, or undefined when it is. The text is for operators: no keys, no addresses. */
export type HealthCheck = () => string | undefined;

/** Ready means useful: a service is ready when every check says so and it is not shutting down. */
export class Health {
  readonly #checks = new Map<string, HealthCheck>();
  #stopping = false;

  /** Adds (or replaces) the check of one part. Checks are called often and must be cheap. */
  check(name: string, check: HealthCheck): void {
    this.#checks.set(name, check);
  }

  /** From now on not ready, for good: the first step of a shutdown. */
  stop(): void {
    this.#stopping = true;
  }

  /** Whether the shutdown has begun; what is asked is still served for a while. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** `name: reason` of each part that is not ready; empty when the service is ready. */
  reasons(): string[] {
    const reasons = this.#stopping ? ["service: shutting down"] : [];
    for (const [name, check] of this.#checks) {
      const reason = check();
      if (reason !== undefined) reasons.push(`${name}: ${reason}`);
    }
    return reasons;
  }

  /** Each part and whether it is ready; "service" is the whole, which ends first. */
  parts(): Map<string, boolean> {
    const parts = new Map([["service", !this.#stopping]]);
    for (const [name, check] of this.#checks) parts.set(name, check() === undefined);
    return parts;
  }

  get ready(): boolean {
    return this.reasons().length === 0;
  }
}
