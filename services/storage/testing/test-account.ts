import {
  ed25519PublicToX25519,
  generateSeed,
  type SigningKeyPair,
  sign,
  signingKeyPairFromSeed,
} from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";

const DAY = 86_400_000;

/** A Session account that signs requests. */
export class TestAccount {
  readonly keys: SigningKeyPair = signingKeyPairFromSeed(generateSeed());
  readonly id: string;

  constructor() {
    this.id = `05${ed25519PublicToX25519(this.keys.publicKey)?.toString("hex")}`;
  }

  /** Signature parameters over a text. */
  signed(text: string): { signature: string; pubkey_ed25519: string } {
    const signature = encodeBase64(sign(Buffer.from(text), this.keys.secretKey));
    return { signature, pubkey_ed25519: this.keys.publicKey.toString("hex") };
  }

  /** A store into namespace 0 unless said otherwise; signed where the namespace asks for it. */
  store(data: string | Buffer, more: { namespace?: number; ttl?: number; timestamp?: number } = {}): object {
    const { namespace = 0, ttl = DAY, timestamp = Date.now() } = more;
    const auth = namespace % 10 === 0 ? {} : this.signed(`store${namespace}${timestamp}`);
    return { pubkey: this.id, timestamp, ttl, namespace, data: encodeBase64(Buffer.from(data)), ...auth };
  }

  retrieve(more: { namespace?: number; last_hash?: string; max_count?: number; max_size?: number } = {}): object {
    const { namespace = 0 } = more;
    const timestamp = Date.now();
    const text = `retrieve${namespace === 0 ? "" : namespace}${timestamp}`;
    return { pubkey: this.id, ...more, timestamp, ...this.signed(text) };
  }

  delete(messages: readonly string[], more: { required?: boolean } = {}): object {
    return { pubkey: this.id, messages, ...more, ...this.signed(`delete${messages.join("")}`) };
  }
}
