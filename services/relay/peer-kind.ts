/** Kinds of requests between relays, see docs/protocol/peer-link.md. */
export const PEER_KIND = {
  /** An onion layer: a hop frame; the answer is `u16le status | body`. */
  hop: 1,
  /** Uptime proofs: a protobuf `ExchangeRequest`, whose `peer` the receiver sets; the answer is `ExchangeResponse`. */
  proofs: 2,
} as const;
