import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import { equal, randomBytes } from "@swarmpost/crypto";
import { ClientError } from "../client-error.ts";

// Session's older format (client-protocol section 9): zeros up to a step of 5 %, AES-256-CBC, HMAC-SHA256 over IV and
// ciphertext. The pointer in the message carries both keys, the true size and the SHA-256 of the whole.

const SMALLEST = 541;
const STEP = 1.05;
/** Most bytes of a padded attachment. */
export const MAX_LEGACY_BYTES = 10_000_000;
const IV = 16;
const MAC = 32;

/** What a reader needs: 64 bytes (AES key, MAC key), the SHA-256 of the file, and the true size. */
export interface LegacyAttachmentKeys {
  readonly key: Buffer;
  readonly digest: Buffer;
  readonly size: number;
}

/** Size with padding: the next power of 1.05, at least 541, at most 10,000,000. */
export function legacyPaddedSize(size: number): number {
  const step = Math.floor(STEP ** Math.ceil(Math.log(size) / Math.log(STEP)));
  return Math.min(MAX_LEGACY_BYTES, Math.max(SMALLEST, step));
}

/**
 * Seals a file of known size piece by piece; nothing of it is kept. `update` and `final` give what to upload, in order;
 * `keys` can be asked for after `final`.
 */
export class LegacyAttachmentSealer {
  readonly #size: number;
  readonly #key: Buffer;
  readonly #cipher;
  readonly #mac;
  readonly #hash = createHash("sha256");
  #left: number;
  #start: Buffer | undefined;

  /** `key` (64 bytes) and `iv` (16) are random unless given. Throws ClientError "attachment-too-large". */
  constructor(size: number, { key = randomBytes(64), iv = randomBytes(IV) }: { key?: Buffer; iv?: Buffer } = {}) {
    if (size > MAX_LEGACY_BYTES) throw tooLarge(size, MAX_LEGACY_BYTES);
    this.#size = size;
    this.#left = size;
    this.#key = key;
    this.#cipher = createCipheriv("aes-256-cbc", key.subarray(0, 32), iv);
    this.#mac = createHmac("sha256", key.subarray(32));
    this.#start = iv;
  }

  /** The next bytes of the file. */
  update(piece: Uint8Array): Buffer {
    this.#left -= piece.length;
    if (this.#left < 0) throw new ClientError("bad-attachment", "the file is longer than was said");
    return this.#give(this.#cipher.update(piece));
  }

  /** The padding, the end of the ciphertext and the MAC. */
  final(): Buffer {
    if (this.#left !== 0) throw new ClientError("bad-attachment", "the file is shorter than was said");
    const padding = this.#cipher.update(Buffer.alloc(legacyPaddedSize(this.#size) - this.#size));
    const end = this.#give(Buffer.concat([padding, this.#cipher.final()]));
    const mac = this.#mac.digest();
    this.#hash.update(mac);
    return Buffer.concat([end, mac]);
  }

  /** What goes into the message. */
  keys(): LegacyAttachmentKeys {
    return { key: this.#key, digest: this.#hash.copy().digest(), size: this.#size };
  }

  #give(ciphertext: Buffer): Buffer {
    const bytes = this.#start === undefined ? ciphertext : Buffer.concat([this.#start, ciphertext]);
    this.#start = undefined;
    this.#mac.update(bytes);
    this.#hash.update(bytes);
    return bytes;
  }
}

/** Opens a whole file. Throws ClientError "bad-attachment" when it is not the one that its message means. */
export function openLegacyAttachment(file: Uint8Array, { key, digest, size }: LegacyAttachmentKeys): Buffer {
  const bad = (why: string): ClientError => new ClientError("bad-attachment", `the attachment is ${why}`);
  if (key.length !== 64) throw bad("named with an odd key");
  if (!equal(createHash("sha256").update(file).digest(), digest)) throw bad("another one than the message says");
  if (file.length < IV + 16 + MAC || (file.length - IV - MAC) % 16 !== 0) throw bad("cut short");
  const [iv, sealed, mac] = [file.subarray(0, IV), file.subarray(IV, -MAC), file.subarray(-MAC)];
  const expected = createHmac("sha256", key.subarray(32)).update(iv).update(sealed).digest();
  if (!equal(expected, mac)) throw bad("not sealed with the message's key");
  const decipher = createDecipheriv("aes-256-cbc", key.subarray(0, 32), iv);
  const padded = Buffer.concat([
    decipher.update(sealed),
    orThrow(() => decipher.final(), bad("padded in an unknown way")),
  ]);
  if (size > padded.length) throw bad("shorter than the message says");
  return padded.subarray(0, size);
}

/** OpenSSL's own errors are none that a caller expects: whoever seals a file chooses what makes them. */
function orThrow<T>(act: () => T, error: ClientError): T {
  try {
    return act();
  } catch {
    throw error;
  }
}

/** The error of a file that no server takes. */
export function tooLarge(size: number, most: number): ClientError {
  return new ClientError("attachment-too-large", `the file has ${size} bytes, and ${most} are the most`);
}
