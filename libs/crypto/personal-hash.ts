import { blake2b } from "@noble/hashes/blake2.js";

/** BLAKE2b with a key and a 16-byte personalisation, fed piece by piece: what libsodium's bindings here leave out. */
export class PersonalHash {
  readonly #hash: ReturnType<typeof blake2b.create>;

  /** `size` bytes of output, 1 to 64; `key` 1 to 64 bytes; `personal` exactly 16 ASCII characters. */
  constructor(size: number, key: Uint8Array, personal: string) {
    this.#hash = blake2b.create({ dkLen: size, key, personalization: Buffer.from(personal, "latin1") });
  }

  update(piece: Uint8Array): this {
    this.#hash.update(piece);
    return this;
  }

  digest(): Buffer {
    return Buffer.from(this.#hash.digest());
  }
}
