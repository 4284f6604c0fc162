import type { BValue } from "@swarmpost/encoding";

/**
 * What a config holds: numbers and texts, sets of them, and dictionaries of the same. Keys are byte strings as latin1 text.
 */
export type ConfigDict = Map<string, BValue>;

const SET = Buffer.alloc(0);
const GONE = Buffer.from("-");

/**
 * How to come from one dictionary to another, as libsession writes it: an empty text for a value that is new or another, `-` for
 * one that is gone, a dictionary for changes inside one, a list of added and of removed elements for a set. The values
 * themselves are in the config that carries the diff.
 */
export function diffOf(before: ConfigDict, after: ConfigDict): ConfigDict {
  const diff: ConfigDict = new Map();
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const change = changeOf(before.get(key), after.get(key));
    if (change !== undefined) diff.set(key, change);
  }
  return diff;
}

function changeOf(before: BValue | undefined, after: BValue | undefined): BValue | undefined {
  const kind = after ?? before;
  if (kind instanceof Map) {
    const inside = diffOf(before instanceof Map ? before : new Map(), after instanceof Map ? after : new Map());
    return inside.size === 0 ? undefined : inside;
  }
  if (Array.isArray(kind)) {
    const [old, fresh] = [Array.isArray(before) ? before : [], Array.isArray(after) ? after : []];
    const [added, removed] = [missing(fresh, old), missing(old, fresh)];
    return added.length + removed.length === 0 ? undefined : [added, removed];
  }
  if (after === undefined) return GONE;
  return before !== undefined && isSame(before, after) ? undefined : SET;
}

/**
 * Does in `data` what a diff says, with the values of `source`, the config that carries the diff. Leaves no empty dictionaries.
 * A dictionary that is gone from the source loses what the diff took out of it, and keeps what others put in.
 */
export function applyDiff(data: ConfigDict, diff: ConfigDict, source: ConfigDict): void {
  for (const [key, change] of diff) {
    const value = source.get(key) ?? (change instanceof Map ? new Map<string, BValue>() : undefined);
    if (value === undefined || isOfOtherKind(change, value)) {
      data.delete(key); // A later diff removed it, or made something else of it.
    } else if (change instanceof Map && value instanceof Map) {
      const inside = data.get(key);
      const target: ConfigDict = inside instanceof Map ? inside : new Map();
      applyDiff(target, change, value);
      keep(data, key, target, target.size);
    } else if (Array.isArray(change)) {
      const set = changedSet(data.get(key), change);
      keep(data, key, set, set.length);
    } else if (Buffer.isBuffer(change) && change.equals(GONE)) {
      data.delete(key);
    } else {
      data.set(key, value);
    }
  }
}

/** A copy that shares no dictionary or set with the original. */
export function copyOf(data: ConfigDict): ConfigDict {
  return new Map([...data].map(([key, value]) => [key, copyOfValue(value)]));
}

function copyOfValue(value: BValue): BValue {
  if (value instanceof Map) return copyOf(value);
  return Array.isArray(value) ? [...value] : value;
}

function keep(data: ConfigDict, key: string, value: BValue, size: number): void {
  if (size === 0) data.delete(key);
  else data.set(key, value);
}

function changedSet(before: BValue | undefined, [added, removed]: readonly BValue[]): BValue[] {
  const [old, fresh, gone] = [before, added, removed].map((each) => (Array.isArray(each) ? each : []));
  const left = (old ?? []).filter((each) => missing([each], gone ?? []).length > 0);
  return [...left, ...missing(fresh ?? [], left)].sort(compare);
}

/** Numbers before texts, each in their order: how sets are written. */
function compare(a: BValue, b: BValue): number {
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : Number(a > b);
  if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) return Buffer.compare(a, b);
  return typeof a === "bigint" ? -1 : 1;
}

function missing(from: readonly BValue[], inside: readonly BValue[]): BValue[] {
  return from.filter((each) => !inside.some((other) => isSame(each, other)));
}

function isSame(a: BValue, b: BValue): boolean {
  return Buffer.isBuffer(a) && Buffer.isBuffer(b) ? a.equals(b) : a === b;
}

function isOfOtherKind(change: BValue, value: BValue): boolean {
  return change instanceof Map !== value instanceof Map || Array.isArray(change) !== Array.isArray(value);
}
