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

  /** `expire` of one expiry for all messages, or one for each. */
  expire(
    messages: readonly string[],
    expiry: number | readonly number[],
    mode: "shorten" | "extend" | "" = "",
  ): Record<string, unknown> {
    const expiries = [expiry].flat().join("");
    const params = { pubkey: this.id, messages, expiry, ...(mode !== "" && { [mode]: true }) };
    return { ...params, ...this.signed(`expire${mode}${expiries}${messages.join("")}`) };
  }

  expireAll(expiry: number, namespace?: number | "all"): object {
    const params = { pubkey: this.id, expiry, ...(namespace !== undefined && { namespace }) };
    return { ...params, ...this.signed(`expire_all${namespace || ""}${expiry}`) };
  }

  deleteAll(namespace?: number | "all", timestamp = Date.now()): object {
    const params = { pubkey: this.id, timestamp, ...(namespace !== undefined && { namespace }) };
    return { ...params, ...this.signed(`delete_all${namespace || ""}${timestamp}`) };
  }

  deleteBefore(before: number, namespace?: number | "all"): object {
    const params = { pubkey: this.id, before, ...(namespace !== undefined && { namespace }) };
    return { ...params, ...this.signed(`delete_before${namespace || ""}${before}`) };
  }

  /** A subaccount's token that may do everything, on the account's own key unless said otherwise. */
  token(key: Buffer = this.keys.publicKey): Buffer {
    return Buffer.concat([Buffer.of(5, 7, 0, 0), key]);
  }

  /** Takes tokens out of force, or puts them in force again. @param more `signer`: whose secret key signs it. */
  revocation(
    method: "revoke" | "unrevoke",
    tokens: readonly Buffer[],
    more: { timestamp?: number; signer?: Buffer } = {},
  ): object {
    const { timestamp = Date.now(), signer = this.keys.secretKey } = more;
    const message = Buffer.concat([Buffer.from(`${method}_subaccount${timestamp}`), ...tokens]);
    return {
      pubkey: this.id,
      [method]: tokens.map((token) => encodeBase64(token)),
      timestamp,
      signature: encodeBase64(sign(message, signer)),
      pubkey_ed25519: this.keys.publicKey.toString("hex"),
    };
  }

  getExpiries(messages: readonly string[], timestamp = Date.now()): object {
    const signed = this.signed(`get_expiries${timestamp}${messages.join("")}`);
    return { pubkey: this.id, messages, timestamp, ...signed };
  }
}
