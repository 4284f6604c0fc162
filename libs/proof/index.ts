// What a node says about where it answers, and when that is believed. docs/protocol/uptime-proof.md

export { type AddressPolicy, allowedAddress } from "./allowed-address.ts";
export { networkId } from "./network-id.ts";
export { encodeProofFields, proofHash } from "./proof-fields.ts";
export { decodeProof, encodeProof } from "./proof-codec.ts";
export { signProof } from "./sign-proof.ts";
export type { SignedProof, UptimeProof, Version } from "./uptime-proof.ts";
export {
  PROOF_CHANGES_PER_HOUR,
  PROOF_MAX_SKEW_MS,
  PROOF_MIN_INTERVAL_MS,
  PROOF_REFUSALS,
  type PreviousProof,
  type ProofRefusal,
  type ProofRules,
  type ProofVerdict,
  verifyProof,
} from "./verify-proof.ts";
