import type { Cache } from "@swarmpost/cache";
import { blake2b, type ChannelKey, type NodeKeys } from "@swarmpost/crypto";
import type { OnionLayer } from "@swarmpost/onion";

const TAG_BYTES = 16;
const GCM_NONCE_BYTES = 12;
const XCHACHA_NONCE_BYTES = 24;
const KEY_BYTES = 16;

/**
 * Refuses an onion layer that this node has met before, for the time of the window. To be asked about layers that opened,
 * so that nobody can fill it (or block another's layer) without the key; but about aes-cbc layers before they are opened:
 * whether their padding is right must be tried once only for each secret, not once for each change of a byte.
 */
export class ReplayFilter {
  readonly #set: string;
  readonly #windowMs: number;
  readonly #cache: Cache;

  constructor(options: { readonly keys: NodeKeys; readonly windowMs: number }, cache: Cache) {
    this.#set = `replay:${options.keys.pubkey}`;
    this.#windowMs = options.windowMs;
    this.#cache = cache;
  }

  /** True the first time that a layer is seen, false after. `key` is the layer's own. */
  isNew(layer: OnionLayer, key: Pick<ChannelKey, "secretName">): Promise<boolean> {
    return this.#cache.addOnce(this.#set, replayKey(layer, key), this.#windowMs);
  }
}

/**
 * What names a layer. With an AEAD: nonce and tag, which nobody can change without the key. The ephemeral key is left
 * out: X25519 takes several encodings of one key, so a copy could carry another. aes-cbc has no tag and any block can be
 * changed, so there it is the shared secret: one layer for each ephemeral key.
 */
export function replayKey(layer: OnionLayer, key: Pick<ChannelKey, "secretName">): Buffer {
  if (key.secretName) return key.secretName;
  const { ciphertext } = layer;
  const nonce = ciphertext.subarray(0, layer.encType === "xchacha20" ? XCHACHA_NONCE_BYTES : GCM_NONCE_BYTES);
  return blake2b(KEY_BYTES, [nonce, ciphertext.subarray(-TAG_BYTES)]);
}
