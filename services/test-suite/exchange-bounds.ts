import type { SignedProof } from "@swarmpost/proof";

/** Proofs in one message, either way. */
export const MAX_EXCHANGED = 1_024;
/** Bytes of one message, either way; relays refuse longer ones unread. */
export const MAX_EXCHANGE_BYTES = 1_048_576;
/** Digests that one proof's worth of work pays for. */
const DIGESTS_PER_PROOF = 256;
/** Digests somebody may have besides two of each node that we know: registries are never quite the same. */
const SPARE_DIGESTS = 64;

/** What a digest and the frame of a proof take on the wire, at most. */
const DIGEST_BYTES = 48;
const PROOF_FRAME_BYTES = 16;
/** Room that an answer keeps for the keys it asks for. */
const WANT_BYTES = MAX_EXCHANGED * 36;

/** What a message costs its sender of the proofs it may have judged. */
export function priceOf(proofs: number, digests: number): number {
  return 1 + proofs + Math.ceil(digests / DIGESTS_PER_PROOF);
}

/** How many digests make sense in a network of this many registered nodes. */
export function mostDigests(nodes: number): number {
  return 2 * nodes + SPARE_DIGESTS;
}

/** Whether a request of these is longer than anybody takes. */
export function tooLong(proofs: readonly SignedProof[], digests: number): boolean {
  return proofs.reduce((sum, proof) => sum + bytesOf(proof), digests * DIGEST_BYTES) > MAX_EXCHANGE_BYTES;
}

/** The first of the proofs that fit a request beside this many digests; the others are asked for later. */
export function fitRequest(proofs: readonly SignedProof[], digests: number): SignedProof[] {
  return fit(proofs, MAX_EXCHANGE_BYTES - digests * DIGEST_BYTES);
}

/** The first of the proofs that fit an answer. */
export function fitAnswer(proofs: readonly SignedProof[]): SignedProof[] {
  return fit(proofs, MAX_EXCHANGE_BYTES - WANT_BYTES);
}

function fit(proofs: readonly SignedProof[], room: number): SignedProof[] {
  const fitting: SignedProof[] = [];
  let left = room;
  for (const proof of proofs.slice(0, MAX_EXCHANGED)) {
    left -= bytesOf(proof);
    if (left < 0) break;
    fitting.push(proof);
  }
  return fitting;
}

function bytesOf({ proof, signature }: SignedProof): number {
  return proof.length + signature.length + PROOF_FRAME_BYTES;
}
