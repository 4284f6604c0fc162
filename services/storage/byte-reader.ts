import { StorageError } from "./errors.ts";

/** Reads what `ByteWriter` wrote. Each method throws StorageError "malformed" when the message is too short. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  u8(): number {
    return this.bytes(1).readUInt8();
  }

  i16(): number {
    return this.bytes(2).readInt16LE();
  }

  u32(): number {
    return this.bytes(4).readUInt32LE();
  }

  u64(): bigint {
    return this.bytes(8).readBigUInt64LE();
  }

  /** Milliseconds or another count that fits a double exactly. */
  count(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new StorageError("malformed", "a number is out of range");
    return Number(value);
  }

  /** A view of the next `length` bytes. */
  bytes(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new StorageError("malformed", "a message ends too early");
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  blob(): Buffer {
    return this.bytes(this.u32());
  }

  /** A list with its length (at most `most`) before it. */
  list<T>(most: number, read: (reader: this) => T): T[] {
    const length = this.u32();
    if (length > most) throw new StorageError("malformed", "a list is too long");
    return Array.from({ length }, () => read(this));
  }

  /** Throws unless every byte was read. */
  end(): void {
    if (!this.done) throw new StorageError("malformed", "a message has trailing bytes");
  }
}
