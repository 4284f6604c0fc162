import type { Clock } from "@swarmpost/runtime";
import { requestId } from "./change.ts";
import type { ChangeOutcome } from "./change-executor.ts";
import type { Attempt, ChangeRecord } from "./record.ts";

/** An entry node that was beaten comes again with a later stamp within so much time. */
const AGAIN_MS = 10_000;
/** Hits that are remembered in all. */
const MAX_HITS = 100_000;

interface Remembered {
  readonly outcome: ChangeOutcome;
  readonly untilMs: number;
}

/**
 * What changes did here a moment ago: an entry node may come again with a later stamp for the same request of a client, and
 * the client is to hear of all that its request did, not of what the second stamp did. What is remembered here may be lost
 * without harm.
 */
export class ChangeMemory {
  readonly #clock: Clock;
  readonly #known = new Map<string, Remembered>();
  #hits = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The outcome; when the entry node comes again, together with that of its earlier stamp. A client that asks the same once
   * more is told what that did.
   */
  joined(record: ChangeRecord, outcome: ChangeOutcome, attempt: Attempt): ChangeOutcome {
    const key = `${record.stamp.node.toString("latin1")}${requestId(record.request).toString("latin1")}`;
    this.#forget();
    const before = attempt === "again" ? this.#known.get(key)?.outcome : undefined;
    const joined = before === undefined ? outcome : join(before, outcome);
    this.#drop(key);
    if (this.#hits + joined.hits.length > MAX_HITS) return joined;
    this.#known.set(key, { outcome: joined, untilMs: this.#clock.now() + AGAIN_MS });
    this.#hits += joined.hits.length;
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
    this.#hits -= this.#known.get(key)?.outcome.hits.length ?? 0;
    this.#known.delete(key);
  }
}

function join(before: ChangeOutcome, now: ChangeOutcome): ChangeOutcome {
  const later = new Set([...now.hits, ...now.unchanged].map(({ hash }) => hash.toString("latin1")));
  const earlier = new Map(before.hits.map((hit) => [hit.hash.toString("latin1"), hit]));
  // What the first stamp changed and the second found changed already was changed.
  const again = now.unchanged.filter(({ hash }) => earlier.has(hash.toString("latin1")));
  const gone = before.hits.filter(({ hash }) => !later.has(hash.toString("latin1")));
  return {
    ...now,
    hits: [...gone, ...now.hits, ...again],
    unchanged: now.unchanged.filter((each) => !again.includes(each)),
  };
}
