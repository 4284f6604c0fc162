import type { Pubkey } from "@swarmpost/crypto";

/** Major, minor, patch; each fits 16 bits. */
export type Version = readonly [number, number, number];

/** Where a node answers, by its own word. */
export interface UptimeProof {
  readonly pubkey: Pubkey;
  /** The network that the proof is for, 32 bytes, see `networkId`. */
  readonly network: Buffer;
  /** Dotted IPv4. */
  readonly ip: string;
  /** Clients. */
  readonly httpsPort: number;
  /** Relay to relay. */
  readonly peerPort: number;
  /** Storage to storage. */
  readonly replicaPort: number;
  /** Self-signed on the node key, DER: what the node shows on its peer links. */
  readonly certificate: Buffer;
  /** Session storage server version whose behaviour the node has. */
  readonly version: Version;
  /** Unix seconds. */
  readonly time: bigint;
}

/** A proof as it travels: the signature covers exactly these bytes. */
export interface SignedProof {
  readonly proof: Uint8Array;
  /** Ed25519 over Keccak-256 of `proof`, 64 bytes. */
  readonly signature: Uint8Array;
}
