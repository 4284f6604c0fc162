/** Bytes and numbers at which parsers tend to go wrong. */
const EDGE_BYTES = [0, 1, 0x2d, 0x30, 0x39, 0x3a, 0x5b, 0x64, 0x65, 0x69, 0x6c, 0x7b, 0x7d, 0x7f, 0x80, 0xff] as const;
const EDGE_LENGTHS = [0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff] as const;
const EDGE_TEXTS = [
  "null",
  "true",
  "-1",
  "1e309",
  "9007199254740993",
  "18446744073709551616",
  '""',
  "[]",
  "{}",
  '{"__proto__":1}',
  '"\\ud800"',
  "\u0000",
  "i-0e",
  "99999999999999999999:",
] as const;
const NESTED = ["[", '{"a":', "l", "d1:a", "[[[["] as const;
const LONGEST = 4096;

/** Makes hostile inputs out of good ones; the same seed makes the same ones. */
export class Mutator {
  #state: number;
  readonly #corpus: readonly Buffer[];

  constructor(corpus: readonly Buffer[], seed: number) {
    this.#corpus = corpus;
    this.#state = seed >>> 0 || 1;
  }

  /** The next input: one of the corpus with one to four changes, or bytes of no meaning. */
  next(): Buffer {
    if (this.#below(50) === 0) return this.#random(this.#below(200));
    let bytes = this.#one(this.#corpus);
    for (let changes = 1 + this.#below(4); changes > 0; changes--) bytes = this.#change(bytes);
    return bytes;
  }

  #change(bytes: Buffer): Buffer {
    const at = this.#below(bytes.length + 1);
    const until = Math.min(bytes.length, at + this.#below(64));
    switch (this.#below(9)) {
      case 0:
        return replaced(bytes, at, Math.min(bytes.length, at + 1), Buffer.of((bytes[at] ?? 0) ^ (1 << this.#below(8))));
      case 1:
        return replaced(bytes, at, Math.min(bytes.length, at + 1), Buffer.of(this.#one(EDGE_BYTES)));
      case 2:
        return bytes.subarray(0, at);
      case 3:
        return replaced(bytes, at, until, Buffer.alloc(0));
      case 4:
        return replaced(bytes, at, at, bytes.subarray(at, until));
      case 5:
        return replaced(bytes, at, at, this.#random(this.#below(16)));
      case 6:
        return replaced(bytes, at, Math.min(bytes.length, at + 4), this.#length());
      case 7:
        return replaced(bytes, at, until, Buffer.from(this.#one(EDGE_TEXTS)));
      default:
        return this.#splice(bytes, at);
    }
  }

  #splice(bytes: Buffer, at: number): Buffer {
    if (this.#below(8) === 0) {
      const deep = this.#one(NESTED).repeat(1 + this.#below(LONGEST));
      return replaced(bytes, at, at, Buffer.from(deep));
    }
    const other = this.#one(this.#corpus);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(this.#below(other.length + 1))]);
  }

  #length(): Buffer {
    const bytes = Buffer.alloc(4);
    const value = this.#one(EDGE_LENGTHS);
    if (this.#below(2) === 0) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  }

  #random(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.#below(256)));
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }

  /** Xorshift: fast, and good enough to choose with. */
  #below(most: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % Math.max(1, most);
  }
}

function replaced(bytes: Buffer, from: number, to: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);
}
