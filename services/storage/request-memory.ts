import type { Clock } from "@swarmpost/runtime";
import { requestId } from "./change.ts";
import type { ChangeOutcome } from "./change-executor.ts";
import type { Attempt, ReplicaRecord, StoreRecord } from "./record.ts";
import { compareStamps, type Stamp } from "./stamp.ts";

/** An entry node that was beaten comes again with a later stamp within so much time. */
const AGAIN_MS = 10_000;
/** Requests and their hits that are remembered in all. */
const MAX_REMEMBERED = 100_000;

/** What a request did here: to messages, and to tokens. */
export interface Done extends ChangeOutcome {
  /** Tokens that were revoked and are in force again. */
  readonly restored?: number;
}

/** Not all that was unchanged: whoever asks for it again is told so again. */
type Deeds = Pick<Done, "hits" | "restored">;

interface Remembered {
  readonly stamp: Stamp;
  readonly deeds: Deeds;
  readonly untilMs: number;
}

/**
 * What requests did here a moment ago: an entry node may come again for the same request of a client, with a later
 * stamp, or with the same one when the map moved meanwhile or an answer was lost. The client is to hear of all that its request
 * did, not of what was left to do. What is remembered here may be lost without harm.
 */
export class RequestMemory {
  readonly #clock: Clock;
  readonly #known = new Map<string, Remembered>();
  #size = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The outcome; when the entry node comes again, together with what it did before. A client that asks the same once more, and
   * so gets a stamp of its own, is told what that did.
   */
  joined(record: Exclude<ReplicaRecord, StoreRecord>, outcome: Done, attempt: Attempt): Done {
    const key = `${record.stamp.node.toString("latin1")}${requestId(record.request).toString("latin1")}`;
    this.#forget();
    const known = this.#known.get(key);
    const isSame = attempt === "again" || (known !== undefined && compareStamps(known.stamp, record.stamp) === 0);
    const before = isSame ? known?.deeds : undefined;
    const joined = before === undefined ? outcome : join(before, outcome);
    this.#drop(key);
    const { hits, restored = 0 } = joined;
    if (this.#size + sizeOf(joined) > MAX_REMEMBERED) return joined;
    const deeds = { hits, restored };
    this.#known.set(key, { stamp: record.stamp, deeds, untilMs: this.#clock.now() + AGAIN_MS });
    this.#size += sizeOf(joined);
    return joined;
  }

  #forget(): void {
    const now = this.#clock.now();
    for (const [key, { untilMs }] of this.#known) {
      if (untilMs > now) return;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    this.#size -= sizeOf(known.deeds);
    this.#known.delete(key);
  }
}

function sizeOf({ hits }: Deeds): number {
  return 1 + hits.length;
}

function join(before: Deeds, now: Done): Done {
  const later = new Set([...now.hits, ...now.unchanged].map(({ hash }) => hash.toString("latin1")));
  const earlier = new Map(before.hits.map((hit) => [hit.hash.toString("latin1"), hit]));
  // What the first stamp changed and the second found changed already was changed.
  const again = now.unchanged.filter(({ hash }) => earlier.has(hash.toString("latin1")));
  const gone = before.hits.filter(({ hash }) => !later.has(hash.toString("latin1")));
  return {
    ...now,
    hits: [...gone, ...now.hits, ...again],
    unchanged: now.unchanged.filter((each) => !again.includes(each)),
    restored: (before.restored ?? 0) + (now.restored ?? 0),
  };
}
