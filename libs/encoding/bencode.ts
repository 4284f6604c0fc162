import { EncodingError } from "./errors.ts";

/**
 * A decoded bencode value. Dictionary keys are byte strings, held as latin1 text so that
 * comparing two keys compares their bytes.
 */
export type BValue = bigint | Buffer | BValue[] | Map<string, BValue>;

/** What {@link bencode} accepts: text is written as UTF-8, plain objects and maps as dictionaries with latin1 keys. */
export type BInput =
  | bigint
  | number
  | string
  | Uint8Array
  | readonly BInput[]
  | ReadonlyMap<string, BInput>
  | { readonly [key: string]: BInput };

/** Smallest and largest integer of the format as Oxen uses it: what fits a signed or an unsigned 64-bit integer. */
const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 64n - 1n;

/**
 * Encodes a value with dictionary keys in byte order, so that equal values give equal bytes (signatures rely on it).
 *
 * @throws EncodingError `not-encodable` for fractions, integers beyond 64 bits and keys outside latin1.
 */
export function bencode(value: BInput): Buffer {
  const parts: Buffer[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

function write(value: BInput, parts: Buffer[]): void {
  if (typeof value === "bigint" || typeof value === "number") parts.push(integer(value));
  else if (typeof value === "string") writeBytes(Buffer.from(value, "utf8"), parts);
  else if (value instanceof Uint8Array) writeBytes(value, parts);
  else if (isList(value)) {
    parts.push(Buffer.from("l"));
    for (const item of value) write(item, parts);
    parts.push(Buffer.from("e"));
  } else writeDictionary(value instanceof Map ? [...value] : Object.entries(value), parts);
}

function isList(value: object): value is readonly BInput[] {
  return Array.isArray(value);
}

function integer(value: bigint | number): Buffer {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new EncodingError("not-encodable", "number is not a safe integer");
  }
  const exact = BigInt(value);
  if (exact < LOWEST || exact > HIGHEST) throw new EncodingError("not-encodable", "integer beyond 64 bits");
  return Buffer.from(`i${exact}e`, "latin1");
}

function writeBytes(bytes: Uint8Array, parts: Buffer[]): void {
  parts.push(Buffer.from(`${bytes.length}:`, "latin1"), Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
}

function writeDictionary(entries: [string, BInput][], parts: Buffer[]): void {
  parts.push(Buffer.from("d"));
  for (const [key, value] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (/[\u0100-\uffff]/.test(key)) throw new EncodingError("not-encodable", "dictionary key outside latin1");
    writeBytes(Buffer.from(key, "latin1"), parts);
    write(value, parts);
  }
  parts.push(Buffer.from("e"));
}
