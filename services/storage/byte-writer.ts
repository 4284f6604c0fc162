/** Builds a binary message, little-endian, from parts that are only joined at the end. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  u8(value: number): this {
    return this.bytes(Buffer.of(value));
  }

  i16(value: number): this {
    const part = Buffer.allocUnsafe(2);
    part.writeInt16LE(value);
    return this.bytes(part);
  }

  u32(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeUInt32LE(value);
    return this.bytes(part);
  }

  u64(value: number | bigint): this {
    const part = Buffer.allocUnsafe(8);
    part.writeBigUInt64LE(BigInt(value));
    return this.bytes(part);
  }

  /** Bytes whose length both ends know. */
  bytes(value: Uint8Array): this {
    this.#parts.push(value);
    this.#length += value.length;
    return this;
  }

  /** Bytes with their length before them. */
  blob(value: Uint8Array): this {
    return this.u32(value.length).bytes(value);
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }
}
