import { keccak256 } from "@swarmpost/crypto";
import { bencode, type BInput } from "@swarmpost/encoding";

/** Encodes the fields of a proof as a bencoded dict with sorted keys (oxen-core 11, uptime_proof.cpp). */
export function encodeProofFields(fields: Readonly<Record<string, BInput>>): Buffer {
  return bencode(fields);
}

/** What the signature is over: Keccak-256 of the encoded proof (oxen-core 11, uptime_proof.cpp). */
export function proofHash(bytes: Uint8Array): Buffer {
  return keccak256(bytes);
}
