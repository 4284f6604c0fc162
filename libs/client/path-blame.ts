import type { Pubkey } from "@swarmpost/crypto";
import type { OnEvent } from "./client-event.ts";
import type { Guards } from "./guards.ts";
import type { NodePool } from "./node-pool.ts";
import type { Path } from "./path.ts";
import type { PathFailure } from "./path-failure.ts";

/** Who is blamed, and who is told. */
export interface PathBlameParts {
  readonly pool: NodePool;
  readonly guards: Guards;
  readonly onEvent: OnEvent;
}

/**
 * Decides which nodes pay for a failure. A node that an error names is accused by a node before it, which may lie to
 * choose its own neighbour: so the accused is only left alone for a while, and whoever can have spoken gets a strike.
 */
export class PathBlame {
  readonly #parts: PathBlameParts;

  constructor(parts: PathBlameParts) {
    this.#parts = parts;
  }

  /** A path could not be built. */
  build(hops: Path["hops"], failure: PathFailure): void {
    const [guard] = hops;
    if (failure.kind === "guard") return this.drop(guard.pubkey, failure.reason);
    if (failure.kind === "self" && failure.node !== undefined) return this.drop(failure.node, failure.reason);
    if (this.accusation(hops, failure)) return;
    this.others(hops, failure.reason);
    this.#parts.guards.strike(guard.pubkey);
    if (failure.kind === "slow") this.strike(guard.pubkey, failure.reason);
  }

  /**
   * Whether the failure is a word against a node after the guard, and if so its price. A word against the guard itself
   * is none: only nodes behind it could have said it, and they have no link that they could find broken.
   */
  accusation(hops: Path["hops"], failure: PathFailure): boolean {
    const place = failure.kind === "node" ? hops.findIndex((hop) => hop.pubkey === failure.node) : -1;
    const accused = hops[place];
    if (accused === undefined || place === 0) return false;
    const was = this.#parts.pool.avoid(accused.pubkey);
    if (was) this.#parts.onEvent({ type: "node-dropped", node: accused.pubkey, reason: failure.reason });
    this.#parts.guards.strike(hops[0].pubkey);
    for (const between of hops.slice(1, place)) this.strike(between.pubkey, failure.reason);
    return true;
  }

  /** A strike for everyone on the path but the guard. */
  others(hops: Path["hops"], reason: string): void {
    for (const hop of hops.slice(1)) this.strike(hop.pubkey, reason);
  }

  /** A strike: something failed that the node may be guilty of. */
  strike(node: Pubkey, reason: string): void {
    if (this.#parts.pool.strike(node)) this.#parts.onEvent({ type: "node-dropped", node, reason });
  }

  /** The node failed this client itself: it is left alone until the next node list. */
  drop(node: Pubkey, reason: string): void {
    if (this.#parts.pool.drop(node)) this.#parts.onEvent({ type: "node-dropped", node, reason });
  }
}
