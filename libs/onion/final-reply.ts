import type { ChannelKey } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";

/** The answer of a destination node, before it is encrypted. */
export interface FinalAnswer {
  /** HTTP-like status of the storage RPC. */
  readonly status: number;
  /** Body text; JSON text when `json`. */
  readonly body: string;
  /** Whether `body` is JSON, and so can be embedded when the client asked for that. */
  readonly json?: boolean;
}

/**
 * Shapes and encrypts a destination's answer: `{"status":int,"body":string}` (the body embedded as an object when the
 * client asked for it and it is JSON), encrypted with the layer's own key, as base64 unless the client wants raw bytes.
 * Source: Session storage server 2.11, `wrap_proxy_response`.
 */
export function encodeFinalReply(
  answer: FinalAnswer,
  options: { readonly json: boolean; readonly base64: boolean },
  key: ChannelKey,
): Buffer {
  const body = options.json && answer.json ? answer.body : JSON.stringify(answer.body);
  const sealed = key.seal(Buffer.from(`{"status":${answer.status},"body":${body}}`, "utf8"));
  return options.base64 ? Buffer.from(encodeBase64(sealed), "latin1") : sealed;
}
