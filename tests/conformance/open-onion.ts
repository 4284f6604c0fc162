import { type ChannelKey, serverChannelKey } from "@swarmpost/crypto";
import { type InnerLayer, type OnionLayer, parseInner, parseOnionRequest } from "@swarmpost/onion";

/** The X25519 key pair of a node that opens a layer, as hex. */
export interface LayerKeys {
  readonly secret: string;
  readonly public: string;
}

/** One opened layer: what it asks, its plaintext and the key that the reply is sealed with. */
export interface OpenedLayer {
  readonly layer: OnionLayer;
  readonly key: ChannelKey;
  readonly plaintext: Buffer;
  readonly inner: InnerLayer;
}

/** Opens one layer with a node's X25519 key pair. Throws when it is not for that key. */
export function openLayer(layer: OnionLayer, keys: LayerKeys): OpenedLayer {
  const secret = Buffer.from(keys.secret, "hex");
  const key = serverChannelKey(layer.encType, secret, Buffer.from(keys.public, "hex"), layer.ephemeralKey);
  const plaintext = key.open(layer.ciphertext);
  if (!plaintext) throw new Error("the layer does not open with this key");
  return { layer, key, plaintext, inner: parseInner(plaintext) };
}

/** Opens an onion hop by hop with the keys given, guard first. */
export function openOnion(body: Buffer, hops: readonly LayerKeys[]): readonly OpenedLayer[] {
  const opened: OpenedLayer[] = [];
  let layer: OnionLayer = parseOnionRequest(body);
  for (const keys of hops) {
    const next = openLayer(layer, keys);
    opened.push(next);
    if (next.inner.kind === "node") layer = next.inner;
  }
  return opened;
}
