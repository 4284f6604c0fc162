/** When the canary looks for a message again. */
export interface CanarySchedule {
  /** First look, ms after the acknowledgement. */
  readonly waitMs: number;
  /** Life of a message, ms. */
  readonly ttlMs: number;
}

/** Ages of the later looks: after replication's minute, after a rolling update, after the day's changes of the map. */
const LATER_MS = [60_000, 600_000, 3_600_000, 6 * 3_600_000];
/** The last look is this long before the end, so that it can fail, be repeated and still find the message alive. */
const MARGIN_MS = 300_000;

/** Ages in ms, growing, at which a message is looked for; the last is shortly before it expires. */
export function lookAges({ waitMs, ttlMs }: CanarySchedule): number[] {
  const lastMs = Math.max(ttlMs - MARGIN_MS, Math.floor(ttlMs / 2));
  const ages = [waitMs, ...LATER_MS, lastMs].filter((age) => age >= waitMs && age <= lastMs);
  return [...new Set(ages)].sort((a, b) => a - b);
}

/** When the look after `looks` finished ones is due, unix ms; undefined when there is none left. */
export function nextLookMs(acknowledgedMs: number, looks: number, schedule: CanarySchedule): number | undefined {
  const age = lookAges(schedule)[looks];
  return age === undefined ? undefined : acknowledgedMs + age;
}
