import sodium from "sodium-native";
import { asBuffer } from "./bytes.ts";

/** Bytes that each chunk of a stream gains: a tag and its authenticator. */
export const STREAM_CHUNK_OVERHEAD = 17;
/** Bytes of a stream's header. */
export const STREAM_HEADER_BYTES = 24;
/** Bytes of a stream's key. */
export const STREAM_KEY_BYTES = 32;

const STATE_BYTES = 52;
const TAG_MESSAGE = 0;
const TAG_FINAL = 3;

/**
 * libsodium's `secretstream` (XChaCha20-Poly1305) with a header that is given, not random: whoever makes it must take it
 * and the key from a hash of the whole content, so that one pair never serves two contents.
 */
export class SecretStream {
  readonly #state: sodium.Xchacha20poly1305State;

  /** `header` has 24 bytes, `key` 32. Both ends begin alike. */
  constructor(header: Uint8Array, key: Uint8Array) {
    // The types describe an older version of the binding: now the state is bytes, and a tag going in a number.
    const state = Buffer.alloc(STATE_BYTES);
    this.#state = state as unknown as sodium.Xchacha20poly1305State;
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(this.#state, asBuffer(header), asBuffer(key));
  }

  /** Encrypts the next chunk; `last` ends the stream, so that a cut one does not pass for whole. */
  push(chunk: Uint8Array, { last }: { last: boolean }): Buffer {
    const sealed = Buffer.alloc(chunk.length + STREAM_CHUNK_OVERHEAD);
    const tag = (last ? TAG_FINAL : TAG_MESSAGE) as unknown as Buffer;
    sodium.crypto_secretstream_xchacha20poly1305_push(this.#state, sealed, asBuffer(chunk), null, tag);
    return sealed;
  }

  /** Opens the next chunk and says whether it ends the stream; undefined when it was changed or is out of turn. */
  pull(sealed: Uint8Array): { chunk: Buffer; last: boolean } | undefined {
    if (sealed.length < STREAM_CHUNK_OVERHEAD) return undefined;
    const chunk = Buffer.alloc(sealed.length - STREAM_CHUNK_OVERHEAD);
    const tag = Buffer.alloc(1);
    try {
      sodium.crypto_secretstream_xchacha20poly1305_pull(this.#state, chunk, tag, asBuffer(sealed), null);
    } catch {
      return undefined;
    }
    return { chunk, last: tag[0] === TAG_FINAL };
  }
}
