import { type NodeKeys, sign } from "@swarmpost/crypto";
import { encodeProof } from "./proof-codec.ts";
import { proofHash } from "./proof-fields.ts";
import type { UptimeProof } from "./uptime-proof.ts";

/** Signs a proof with the node's key. */
export function signProof(proof: UptimeProof, keys: NodeKeys): { proof: Buffer; signature: Buffer } {
  const bytes = encodeProof(proof);
  return { proof: bytes, signature: sign(proofHash(bytes), keys.ed25519.secretKey) };
}
