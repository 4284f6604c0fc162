/** Kinds of requests between relays, see docs/protocol/peer-link.md. */
export const PEER_KIND = {
  /** An onion layer: a hop frame; the answer is `u16le status | body`. */
  hop: 1,
  /** Uptime proofs: a protobuf `ExchangeRequest`, whose `peer` the receiver sets; the answer is `ExchangeResponse`. */
  proofs: 2,
  /** Who are you: empty; the answer is the process's nonce of 16 bytes. Only for callers with the node's own key. */
  instance: 3,
} as const;

/** Longest request or answer of an exchange of proofs that is decoded, docs/protocol/uptime-proof.md. */
export const MAX_EXCHANGE_BYTES = 1_048_576;
