import type { Pubkey } from "@swarmpost/crypto";
import { LinkError, type PeerLinks } from "@swarmpost/rpc";
import type { Clock } from "@swarmpost/runtime";
import { ByteWriter } from "./byte-writer.ts";
import { writeFence } from "./fence.ts";
import type { NodeView } from "./node-view.ts";
import type { Pending, PendingFrame } from "./pending.ts";
import { KIND, REFUSAL } from "./replica-kinds.ts";
import { LATE } from "./replicate-method.ts";

/** What delivery needs. */
export interface DeliveryParts {
  readonly pending: Pending;
  readonly view: NodeView;
  readonly links: PeerLinks;
  readonly clock: Clock;
  /** Offers a member everything of the own swarm. Resolves with false when it did not come to its end. */
  readonly offerAll: (target: Pubkey) => Promise<boolean>;
}

const WINDOW = 64;
const DEADLINE_MS = 10_000;

/** Brings members what they missed, oldest first, until each frame is taken, worth nothing, or its member has left. */
export class PendingDelivery {
  readonly #parts: DeliveryParts;
  readonly #busy = new Set<Pubkey>();
  readonly #up = new Set<Pubkey>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Tries each member once; a member that does not answer costs no more than one attempt. */
  async run(): Promise<void> {
    await Promise.all(this.#parts.pending.targets.map((target) => this.#guarded(target)));
  }

  /** Tries the members whose link has come up since the last call, so that they need not wait for the next turn. */
  async runReturned(): Promise<void> {
    const targets = this.#parts.pending.targets.filter((target) => {
      const up = this.#parts.links.state(target) === "up";
      const returned = up && !this.#up.has(target);
      if (up) this.#up.add(target);
      else this.#up.delete(target);
      return returned;
    });
    await Promise.all(targets.map((target) => this.#guarded(target)));
  }

  async #guarded(target: Pubkey): Promise<void> {
    if (this.#busy.has(target)) return;
    this.#busy.add(target);
    try {
      if (!this.#parts.view.mates.includes(target)) await this.#left(target);
      else if (this.#parts.pending.overflowed(target)) await this.#offer(target);
      else await this.#deliver(target);
    } finally {
      this.#busy.delete(target);
    }
  }

  /** What this node still holds for the swarm of a member that left is a matter of handoff, not of missed frames. */
  async #left(target: Pubkey): Promise<void> {
    if (this.#parts.view.current.map.hash === "") return;
    await this.#parts.pending.forget(target);
  }

  async #offer(target: Pubkey): Promise<void> {
    await this.#parts.pending.beginOffer(target);
    const complete = await this.#parts.offerAll(target).catch(() => false);
    await this.#parts.pending.endOffer(target, complete ? "complete" : "broken");
  }

  async #deliver(target: Pubkey): Promise<void> {
    for (;;) {
      const frames = await this.#parts.pending.next(target, WINDOW);
      if (frames.length === 0) return;
      const sent = await Promise.all(frames.map((frame) => this.#send(target, frame)));
      const done = frames.filter((_, i) => sent[i]).map((frame) => frame.id);
      await this.#parts.pending.remove(target, done);
      if (done.length < frames.length) return;
    }
  }

  /** True when the frame needs no further attempt. */
  async #send(target: Pubkey, frame: PendingFrame): Promise<boolean> {
    const { view, links, clock } = this.#parts;
    const swarm = view.ownSwarm;
    if (frame.expiryMs <= clock.now() || !view.keeps(frame.account)) return true;
    if (swarm === undefined) return false;
    const payload = writeFence(new ByteWriter().u8(LATE), view.fence(swarm)).bytes(frame.record).finish();
    try {
      await links.request(target, KIND.replicate, payload, { deadlineMs: DEADLINE_MS });
      return true;
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      return error.code === "refused" && error.detail === REFUSAL.invalid;
    }
  }
}
