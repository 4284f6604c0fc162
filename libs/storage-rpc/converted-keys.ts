import { ed25519PublicToX25519 } from "@swarmpost/crypto";

/**
 * Remembers the X25519 form of the Ed25519 keys that sign requests: a poller comes back every few seconds, and the
 * conversion costs as much as the verification itself. Bounded; the longest unused goes first.
 */
export class ConvertedKeys {
  readonly #limit: number;
  readonly #known = new Map<string, Buffer>();

  constructor(options: { limit: number }) {
    this.#limit = options.limit;
  }

  /** Pass this to `verifySignature`. Undefined for bytes that are no key. */
  readonly convert = (ed25519: Buffer): Buffer | undefined => {
    const id = ed25519.toString("latin1");
    const converted = this.#known.get(id) ?? ed25519PublicToX25519(ed25519);
    if (!converted) return undefined;
    this.#known.delete(id);
    this.#known.set(id, converted);
    if (this.#known.size > this.#limit) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    return converted;
  };

  /** Keys remembered now. */
  get size(): number {
    return this.#known.size;
  }
}
