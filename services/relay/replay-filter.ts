import type { Cache } from "@swarmpost/cache";
import { blake2b, type NodeKeys, x25519SharedSecret } from "@swarmpost/crypto";
import type { OnionLayer } from "@swarmpost/onion";

const TAG_BYTES = 16;
const NONCE_BYTES = { "aes-gcm": 12, xchacha20: 24 } as const;
const KEY_BYTES = 16;

/**
 * Refuses an onion layer that this node has opened before, for the time of the window. To be asked only about layers that
 * opened, so that nobody can fill it (or block another's layer) without the key.
 */
export class ReplayFilter {
  readonly #set: string;
  readonly #windowMs: number;
  readonly #keys: NodeKeys;
  readonly #cache: Cache;

  constructor(options: { readonly keys: NodeKeys; readonly windowMs: number }, cache: Cache) {
    this.#set = `replay:${options.keys.pubkey}`;
    this.#windowMs = options.windowMs;
    this.#keys = options.keys;
    this.#cache = cache;
  }

  /** True the first time that a layer is seen, false after. */
  isNew(layer: OnionLayer): Promise<boolean> {
    return this.#cache.addOnce(this.#set, replayKey(layer, this.#keys), this.#windowMs);
  }
}

/**
 * What names a layer. With an AEAD: nonce and tag, which nobody can change without the key. The ephemeral key is left
 * out: X25519 takes several encodings of one key, so a copy could carry another. aes-cbc has no tag and any block can be
 * changed, so there it is the shared secret: one layer for each ephemeral key, which also leaves nothing to ask a padding
 * oracle.
 */
export function replayKey(layer: OnionLayer, keys: NodeKeys): Buffer {
  if (layer.encType === "aes-cbc") {
    return blake2b(KEY_BYTES, x25519SharedSecret(keys.x25519.secretKey, layer.ephemeralKey));
  }
  const { ciphertext } = layer;
  const nonce = ciphertext.subarray(0, NONCE_BYTES[layer.encType]);
  return blake2b(KEY_BYTES, [nonce, ciphertext.subarray(-TAG_BYTES)]);
}
