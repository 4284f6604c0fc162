import { type Pubkey, pubkey } from "@swarmpost/crypto";
import { decodeProof } from "@swarmpost/proof";
import type { AcceptedProof } from "@swarmpost/protos";
import type { NodeContact } from "./network-view.ts";

/** What an uptime proof says about the node that signed it. */
export interface ProvenContact {
  readonly pubkey: Pubkey;
  /** The proof's own time, unix seconds. */
  readonly time: bigint;
  readonly contact: NodeContact;
}

/**
 * Reads a proof that the own cluster's test-suite has checked.
 * @returns undefined when it holds no readable proof.
 */
export function contactOf(accepted: AcceptedProof): ProvenContact | undefined {
  const proof = accepted.signed && decodeProof(accepted.signed.proof);
  if (!proof) return undefined;
  const contact = Object.freeze({
    ip: proof.ip,
    httpsPort: proof.httpsPort,
    peerPort: proof.peerPort,
    replicaPort: proof.replicaPort,
    certificate: proof.certificate,
    version: proof.version,
    provenMs: Number(accepted.receivedMs),
  });
  return { pubkey: pubkey(proof.pubkey), time: proof.time, contact };
}
