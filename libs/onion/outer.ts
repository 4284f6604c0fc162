import { type EncType, parseEncType } from "@swarmpost/crypto";
import { hexToBytes, unframe } from "@swarmpost/encoding";
import { jsonObject } from "./json-object.ts";
import { OnionError } from "./onion-error.ts";

/** One layer as a node receives it, still closed. */
export interface OnionLayer {
  /** X25519 public key that the client made for this layer, 32 bytes. */
  readonly ephemeralKey: Buffer;
  readonly encType: EncType;
  /** Nonce, ciphertext and tag in the layout of `encType`. */
  readonly ciphertext: Buffer;
}

/** An onion request as it enters at a guard. */
export interface OnionRequest extends OnionLayer {
  /** How many relays it says it passed already: 0 to 255. */
  readonly hopNo: number;
}

/**
 * Reads the body of `POST /onion_req/v2`: `u32le N | N bytes ciphertext | JSON {ephemeral_key, enc_type?, hop_no?}`.
 * Slices the body, copies nothing. `enc_type` defaults to aes-gcm; a negative `hop_no` counts as 0.
 * Source: Session storage server 2.11, HTTPS entry.
 *
 * @throws OnionError `malformed`, whose message is the text of the 400 answer.
 */
export function parseOnionRequest(body: Buffer): OnionRequest {
  const parts = unframe(body);
  if (!parts) throw malformed(wrongSize(body));
  const json = jsonObject(parts.json);
  if (!json) throw malformed("invalid json");
  const layer = readLayer(json, parts.blob);
  if (typeof layer === "string") throw malformed(layer);
  const hopNo = json.hop_no ?? 0;
  if (typeof hopNo !== "number" || !Number.isInteger(hopNo)) throw malformed("invalid hop_no");
  return { ...layer, hopNo: Math.min(Math.max(hopNo, 0), 255) };
}

/** Reads `ephemeral_key` and `enc_type` of a layer's JSON; a string says what is wrong. */
export function readLayer(json: Record<string, unknown>, ciphertext: Buffer): OnionLayer | string {
  const keyText = json.ephemeral_key;
  if (typeof keyText !== "string") return "missing ephemeral_key";
  const ephemeralKey = hexToBytes(keyText, 32);
  if (!ephemeralKey) return "invalid ephemeral_key";
  const name = json.enc_type;
  const encType = name === undefined || typeof name === "string" ? parseEncType(name) : undefined;
  if (!encType) return "invalid enc_type";
  return { ephemeralKey, encType, ciphertext };
}

/** The reference's words for a frame that is shorter than it says. */
function wrongSize(body: Buffer): string {
  if (body.length < 4) return "Unexpected payload size; expected ciphertext size";
  return `Unexpected payload size ${body.length - 4}, expected >= ${body.readUInt32LE(0)}`;
}

function malformed(what: string): OnionError {
  return new OnionError("malformed", `Error parsing onion request: ${what}`);
}
