const SIZE = 312;
const SHIFT = 156;
const MATRIX = 0xb5026f5aa96619e9n;
const UPPER = 0xffffffff80000000n;
const LOWER = 0x7fffffffn;

/** The Mersenne Twister `std::mt19937_64` of ISO C++, bit for bit. Not for secrets: its output is predictable. */
export class Mt19937_64 {
  readonly #state = new BigUint64Array(SIZE);
  #index = SIZE;

  /** @param seed 64 bits; higher bits are cut off. */
  constructor(seed: bigint) {
    this.#state[0] = seed;
    for (let i = 1; i < SIZE; i++) {
      const before = this.#at(i - 1);
      this.#state[i] = 6364136223846793005n * (before ^ (before >> 62n)) + BigInt(i);
    }
  }

  /** The next number, 0 … 2^64−1. */
  next(): bigint {
    if (this.#index === SIZE) this.#twist();
    let x = this.#at(this.#index++);
    x ^= (x >> 29n) & 0x5555555555555555n;
    x ^= (x << 17n) & 0x71d67fffeda60000n;
    x ^= (x << 37n) & 0xfff7eee000000000n;
    return x ^ (x >> 43n);
  }

  #twist(): void {
    for (let i = 0; i < SIZE; i++) {
      const x = (this.#at(i) & UPPER) | (this.#at((i + 1) % SIZE) & LOWER);
      this.#state[i] = this.#at((i + SHIFT) % SIZE) ^ (x >> 1n) ^ (x & 1n ? MATRIX : 0n);
    }
    this.#index = 0;
  }

  #at(index: number): bigint {
    return this.#state[index] as bigint;
  }
}
