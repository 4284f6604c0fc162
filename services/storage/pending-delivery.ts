import type { Pubkey } from "@swarmpost/crypto";
import { LinkError, type PeerLinks } from "@swarmpost/rpc";
import type { Clock } from "@swarmpost/runtime";
import { ByteWriter } from "./byte-writer.ts";
import { writeFence } from "./fence.ts";
import type { NodeView } from "./node-view.ts";
import type { Pending, PendingFrame } from "./pending.ts";
import { isOfFirstKinds } from "./record-codec.ts";
import { KIND, REFUSAL } from "./replica-kinds.ts";
import { LATE } from "./replicate-method.ts";
import { SetAside } from "./set-aside.ts";

/** What delivery needs. */
export interface DeliveryParts {
  readonly pending: Pending;
  readonly view: NodeView;
  readonly links: PeerLinks;
  readonly clock: Clock;
  /** Offers a member everything of the own swarm. Resolves with false when it did not come to its end. */
  readonly offerAll: (target: Pubkey) => Promise<boolean>;
}

/** Refusals that say that the member takes nothing now; any other is about the one frame. */
const NOT_NOW: readonly (number | undefined)[] = [REFUSAL.staleMap, REFUSAL.tooEarly, REFUSAL.unavailable];

/** What became of one frame: no further attempt, a later one with all that follow, or refused for what it is. */
type Sent = "done" | "later" | "refused";

const WINDOW = 64;
const DEADLINE_MS = 10_000;

/** Brings members what they missed, oldest first, until each frame is taken, worth nothing, or its member has left. */
export class PendingDelivery {
  readonly #parts: DeliveryParts;
  readonly #busy = new Set<Pubkey>();
  readonly #up = new Set<Pubkey>();
  readonly #aside: SetAside;

  /** @param options `retryMs`: how soon a frame that was refused for what it is is tried again; ever later after that. */
  constructor(options: { retryMs: number }, parts: DeliveryParts) {
    this.#aside = new SetAside(options.retryMs);
    this.#parts = parts;
  }

  /** Frames that are kept although their member refuses them. */
  get refused(): number {
    return this.#aside.size;
  }

  /** Tries each member once; a member that does not answer costs no more than one attempt. */
  async run(): Promise<void> {
    await Promise.all(this.#parts.pending.targets.map((target) => this.#guarded(target)));
  }

  /** A member has just started: as soon as its link is up it is tried. */
  returned(target: Pubkey): void {
    this.#up.delete(target);
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
    for (const target of targets) this.#aside.forget(target);
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
    this.#aside.forget(target);
    await this.#parts.pending.forget(target);
  }

  async #offer(target: Pubkey): Promise<void> {
    this.#aside.forget(target);
    await this.#parts.pending.beginOffer(target);
    const complete = await this.#parts.offerAll(target).catch(() => false);
    await this.#parts.pending.endOffer(target, complete ? "complete" : "broken");
  }

  async #deliver(target: Pubkey): Promise<void> {
    const { pending, view, clock } = this.#parts;
    for (;;) {
      const moment = { nowMs: clock.now(), mapHash: view.current.map.hash };
      const after = this.#aside.after(target, moment);
      const frames = await pending.next(target, WINDOW, after);
      const last = frames.at(-1)?.id;
      if (last === undefined) {
        if (after === 0n) this.#aside.forget(target);
        return;
      }
      const sent = await Promise.all(frames.map((frame) => this.#send(target, frame)));
      const done = frames.filter((_, i) => sent[i] === "done").map((frame) => frame.id);
      await pending.remove(target, done);
      if (sent.includes("later")) return;
      this.#aside.add(target, { last, count: sent.filter((each) => each === "refused").length }, moment);
    }
  }

  async #send(target: Pubkey, frame: PendingFrame): Promise<Sent> {
    const { view, links, clock } = this.#parts;
    const swarm = view.ownSwarm;
    if (frame.expiryMs <= clock.now() || !view.keeps(frame.account)) return "done";
    if (swarm === undefined) return "later";
    const payload = writeFence(new ByteWriter().u8(LATE), view.fence(swarm)).bytes(frame.record).finish();
    try {
      await links.request(target, KIND.replicate, payload, { deadlineMs: DEADLINE_MS });
      return "done";
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      if (error.code !== "refused" || NOT_NOW.includes(error.detail)) return "later";
      // An older program says of what it does not know yet that it is invalid.
      return error.detail === REFUSAL.invalid && isOfFirstKinds(frame.record) ? "done" : "refused";
    }
  }
}
