import type { BValue } from "./bencode.ts";
import { EncodingError } from "./errors.ts";

/** Lists and dictionaries deeper than this are refused, so that hostile input can't exhaust the stack. */
const MAX_DEPTH = 64;
/** Digits of 2^64 - 1, the longest number there is. */
const MAX_DIGITS = 20;

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const COLON = 0x3a;
const MINUS = 0x2d;
const DICTIONARY = 0x64;
const END = 0x65;
const INTEGER = 0x69;
const LIST = 0x6c;

/**
 * Decodes exactly one value. Strict, because decoded bytes are signed: truncation, trailing bytes, unsorted or repeated
 * keys, leading zeros, `-0` and integers beyond 64 bits are refused. Byte strings are views of `bytes`, not copies.
 *
 * @throws EncodingError `bad-bencode` with the position.
 */
export function bdecode(bytes: Uint8Array): BValue {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  private at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  end(): void {
    if (this.at !== this.bytes.length) throw this.fail("trailing bytes");
  }

  value(depth: number): BValue {
    if (depth > MAX_DEPTH) throw this.fail("nested too deep");
    switch (this.bytes[this.at]) {
      case INTEGER:
        return this.integer();
      case LIST:
        return this.list(depth);
      case DICTIONARY:
        return this.dictionary(depth);
      default:
        return this.string();
    }
  }

  private integer(): bigint {
    this.at += 1;
    const negative = this.bytes[this.at] === MINUS;
    if (negative) this.at += 1;
    const magnitude = this.digits(END);
    if (negative && magnitude === 0n) throw this.fail("negative zero");
    const value = negative ? -magnitude : magnitude;
    if (value < -(2n ** 63n) || value > 2n ** 64n - 1n) throw this.fail("integer beyond 64 bits");
    return value;
  }

  private string(): Buffer {
    const length = Number(this.digits(COLON));
    const from = this.at;
    if (length > this.bytes.length - from) throw this.fail("string longer than the input");
    this.at += length;
    return this.bytes.subarray(from, this.at);
  }

  private list(depth: number): BValue[] {
    this.at += 1;
    const items: BValue[] = [];
    while (!this.closes()) items.push(this.value(depth + 1));
    return items;
  }

  private dictionary(depth: number): Map<string, BValue> {
    this.at += 1;
    const entries = new Map<string, BValue>();
    let previous: string | undefined;
    while (!this.closes()) {
      const key = this.string().toString("latin1");
      if (previous !== undefined && key <= previous) throw this.fail("keys unsorted or repeated");
      entries.set(key, this.value(depth + 1));
      previous = key;
    }
    return entries;
  }

  private closes(): boolean {
    if (this.at >= this.bytes.length) throw this.fail("truncated");
    if (this.bytes[this.at] !== END) return false;
    this.at += 1;
    return true;
  }

  private digits(terminator: number): bigint {
    const from = this.at;
    while (this.at - from <= MAX_DIGITS && isDigit(this.bytes[this.at])) this.at += 1;
    const count = this.at - from;
    if (count === 0 || this.bytes[this.at] !== terminator) throw this.fail("malformed number");
    if (count > 1 && this.bytes[from] === DIGIT_0) throw this.fail("leading zero");
    this.at += 1;
    return BigInt(this.bytes.toString("latin1", from, from + count));
  }

  private fail(what: string): EncodingError {
    return new EncodingError("bad-bencode", `bencode: ${what} at byte ${this.at}`);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9;
}
