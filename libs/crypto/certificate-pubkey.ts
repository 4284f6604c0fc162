import { X509Certificate } from "node:crypto";
import { type Pubkey, pubkey } from "./node-keys.ts";

/** A node's certificate takes about 250 bytes; a longer one than this is not one of ours. */
const MAX_CERTIFICATE_BYTES = 1_024;

/** The Ed25519 key that a DER certificate is on; undefined when it is malformed, too long or on another kind of key. */
export function certificatePubkey(der: Uint8Array): Pubkey | undefined {
  if (der.length === 0 || der.length > MAX_CERTIFICATE_BYTES) return undefined;
  try {
    const { publicKey } = new X509Certificate(der);
    if (publicKey.asymmetricKeyType !== "ed25519") return undefined;
    return pubkey(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
  } catch {
    return undefined;
  }
}
