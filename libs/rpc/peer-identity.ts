import type { NodeKeys } from "@swarmpost/crypto";

/** What a node proves itself with on its peer links. */
export interface PeerIdentity {
  keys: NodeKeys;
  /** Self-signed certificate on the node key, DER; from `nodeCertificate(keys)`. */
  certificate: Buffer;
}
