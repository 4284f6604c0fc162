// What a node key says of itself, and when that is believed: docs/protocol/registration.md, docs/protocol/uptime-proof.md

export { type AddressPolicy, allowedAddress } from "./allowed-address.ts";
export { networkId } from "./network-id.ts";
export { encodeProofFields, proofHash } from "./proof-fields.ts";
export { decodeProof, encodeProof } from "./proof-codec.ts";
export {
  type EvmAddress,
  type RegistrationBinding,
  registrationMessage,
  signRegistration,
  verifyRegistration,
} from "./registration.ts";
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
