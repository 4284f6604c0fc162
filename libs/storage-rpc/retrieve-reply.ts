import { encodeBase64 } from "@swarmpost/encoding";
import { HARD_FORK } from "./limits.ts";
import type { MessageHash } from "./message-hash.ts";

/** A stored message as a retrieve finds it; times in ms. */
export interface RetrievedMessage {
  hash: MessageHash;
  timestamp: number;
  expiry: number;
  data: Uint8Array;
}

/** Body of the answer to `retrieve`. The key is `expiration` here and `expiry` everywhere else. */
export interface RetrieveReply {
  messages: { hash: MessageHash; timestamp: number; expiration: number; data: string }[];
  more: boolean;
  t: number;
  hf: readonly [number, number];
}

/** Shapes the answer to `retrieve`. */
export function retrieveReply(messages: readonly RetrievedMessage[], more: boolean, nowMs: number): RetrieveReply {
  return {
    messages: messages.map(({ hash, timestamp, expiry, data }) => ({
      hash,
      timestamp,
      expiration: expiry,
      data: encodeBase64(data),
    })),
    more,
    t: nowMs,
    hf: HARD_FORK,
  };
}
