import { type Pubkey, pubkey } from "@swarmpost/crypto";
import { unframe } from "@swarmpost/encoding";
import { jsonObject } from "./json-object.ts";
import { OnionError } from "./onion-error.ts";
import { type OnionLayer, readLayer } from "./outer.ts";

/** This node is the destination: `body` is a storage RPC `{"method","params"}`. */
export interface FinalLayer {
  readonly kind: "final";
  readonly body: Buffer;
  /** The client wants a JSON body embedded as an object instead of as a string. */
  readonly json: boolean;
  /** The client wants the encrypted reply as base64 text instead of raw bytes. */
  readonly base64: boolean;
}

/** This node is the exit: the whole plaintext goes to a server, which holds the key of what is inside. */
export interface ServerLayer {
  readonly kind: "server";
  readonly host: string;
  readonly target: string;
  readonly port: number;
  readonly protocol: string;
  /** What must be POSTed: the entire plaintext, frame and JSON included. */
  readonly plaintext: Buffer;
}

/** This node is a relay: the next layer goes to `next`. */
export interface NodeLayer extends OnionLayer {
  readonly kind: "node";
  readonly next: Pubkey;
}

/** What an opened layer asks of the node that opened it. */
export type InnerLayer = FinalLayer | ServerLayer | NodeLayer;

/**
 * Decides the role of the node that opened a layer; the first match wins: `headers` present (any value) = destination,
 * `host` = exit to a server, else relay. Slices the plaintext, copies nothing.
 * Source: Session storage server 2.11, onion processing.
 *
 * @throws OnionError `invalid-json` when a needed field is missing or of the wrong type.
 */
export function parseInner(plaintext: Buffer): InnerLayer {
  const parts = unframe(plaintext);
  const json = parts && jsonObject(parts.json);
  if (!parts || !json) throw invalid("not a framed JSON object");
  if ("headers" in json) return finalLayer(json, parts.blob);
  if ("host" in json) return serverLayer(json, plaintext);
  return nodeLayer(json, parts.blob);
}

function finalLayer(json: Record<string, unknown>, body: Buffer): FinalLayer {
  const { json: embed = false, base64 = true } = json;
  if (typeof embed !== "boolean" || typeof base64 !== "boolean") throw invalid("json or base64 is not a bool");
  return { kind: "final", body, json: embed, base64 };
}

function serverLayer(json: Record<string, unknown>, plaintext: Buffer): ServerLayer {
  const { host, target, port = 443, protocol = "https" } = json;
  if (typeof host !== "string" || typeof target !== "string" || typeof protocol !== "string") {
    throw invalid("host, target or protocol is not a string");
  }
  if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535) throw invalid("bad port");
  return { kind: "server", host, target, port, protocol, plaintext };
}

function nodeLayer(json: Record<string, unknown>, ciphertext: Buffer): NodeLayer {
  const layer = readLayer(json, ciphertext);
  if (typeof layer === "string") throw invalid(layer);
  const destination = json.destination;
  if (typeof destination !== "string" || !/^[0-9a-f]{64}$/i.test(destination)) throw invalid("bad destination");
  return { kind: "node", next: pubkey(destination), ...layer };
}

function invalid(what: string): OnionError {
  return new OnionError("invalid-json", `Invalid json: ${what}`);
}
