import { createHmac } from "node:crypto";
import { asBuffer, secureWipe } from "./bytes.ts";
import { type ChannelCipher, aesCbc, aesGcm, xchacha20 } from "./channel-cipher.ts";
import { blake2b } from "./hash.ts";
import { x25519SharedSecret } from "./x25519.ts";

/** How an onion layer is encrypted (Session storage server, channel encryption). */
export type EncType = "aes-gcm" | "aes-cbc" | "xchacha20";

const SECRET_NAME_BYTES = 16;

const NAMES: ReadonlyMap<string, EncType> = new Map([
  ["xchacha20", "xchacha20"],
  ["xchacha20-poly1305", "xchacha20"],
  ["aes-gcm", "aes-gcm"],
  ["gcm", "aes-gcm"],
  ["aes-cbc", "aes-cbc"],
  ["cbc", "aes-cbc"],
]);

/** The encryption that a wire name or alias stands for; a missing name means aes-gcm, an unknown one is undefined. */
export function parseEncType(name: string | undefined): EncType | undefined {
  return name === undefined ? "aes-gcm" : NAMES.get(name);
}

/** The key that one client's ephemeral key and one server share, in both directions. */
export class ChannelKey {
  readonly encType: EncType;
  /**
   * Names the shared secret, 16 bytes (BLAKE2b), for aes-cbc only: its ciphertexts have no tag that could name them, and
   * X25519 takes several encodings of one ephemeral key.
   */
  readonly secretName: Buffer | undefined;
  readonly #cipher: ChannelCipher;

  constructor(encType: EncType, cipher: ChannelCipher, secretName?: Buffer) {
    this.encType = encType;
    this.secretName = secretName;
    this.#cipher = cipher;
  }

  /** Encrypts with a fresh nonce, which opens the result. */
  seal(plain: Uint8Array): Buffer {
    return this.#cipher.seal(asBuffer(plain));
  }

  /** Decrypts; undefined for anything not sealed with this key (aes-cbc only notices broken padding). */
  open(cipher: Uint8Array): Buffer | undefined {
    return this.#cipher.open(asBuffer(cipher));
  }
}

/**
 * The client's side of a layer: its ephemeral key pair and the node's X25519 key.
 *
 * @throws CryptoError `bad-key` for keys of other lengths or of small order.
 */
export function clientChannelKey(
  encType: EncType,
  ephemeralSecret: Uint8Array,
  ephemeralPublic: Uint8Array,
  serverPublic: Uint8Array,
): ChannelKey {
  return channelKey(encType, x25519SharedSecret(ephemeralSecret, serverPublic), ephemeralPublic, serverPublic);
}

/**
 * The node's side of a layer: its own X25519 pair and the client's ephemeral key.
 *
 * @throws CryptoError `bad-key` for keys of other lengths or of small order.
 */
export function serverChannelKey(
  encType: EncType,
  serverSecret: Uint8Array,
  serverPublic: Uint8Array,
  clientPublic: Uint8Array,
): ChannelKey {
  return channelKey(encType, x25519SharedSecret(serverSecret, clientPublic), clientPublic, serverPublic);
}

function channelKey(encType: EncType, shared: Buffer, clientPublic: Uint8Array, serverPublic: Uint8Array): ChannelKey {
  const cipher = channelCipher(encType, shared, clientPublic, serverPublic);
  const secretName = encType === "aes-cbc" ? blake2b(SECRET_NAME_BYTES, shared) : undefined;
  secureWipe(shared);
  return new ChannelKey(encType, cipher, secretName);
}

function channelCipher(
  encType: EncType,
  shared: Buffer,
  clientPublic: Uint8Array,
  serverPublic: Uint8Array,
): ChannelCipher {
  switch (encType) {
    case "aes-gcm":
      return aesGcm(createHmac("sha256", "LOKI").update(shared).digest());
    case "aes-cbc":
      return aesCbc(shared);
    case "xchacha20":
      // The client's key comes first in both directions.
      return xchacha20(blake2b(32, [shared, clientPublic, serverPublic]));
  }
}
