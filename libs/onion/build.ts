import { type ChannelKey, clientChannelKey, type EncType, type Pubkey, x25519KeyPair } from "@swarmpost/crypto";
import { decodeBase64, frame } from "@swarmpost/encoding";
import { OnionError } from "./onion-error.ts";

/** A node of a path, as the network view or a seed's answer names it. */
export interface OnionHop {
  readonly pubkey: Pubkey;
  /** X25519 public key, 32 bytes. */
  readonly x25519: Buffer;
}

/** The onion ends at a node: a fourth one, or the last of the path itself. */
export interface SnodeDestination extends OnionHop {
  readonly kind: "snode";
}

/** The onion leaves the network: the last node of the path POSTs to this server. */
export interface ServerDestination {
  readonly kind: "server";
  readonly host: string;
  /** Path of the request; `/oxen/v4/lsrpc` by default. */
  readonly target?: string;
  readonly protocol: "http" | "https";
  readonly port: number;
  /** The server's own X25519 public key, 32 bytes. */
  readonly x25519: Buffer;
}

/** Where an onion goes: guard first in `path`. */
export interface OnionRoute {
  readonly path: readonly OnionHop[];
  readonly destination: SnodeDestination | ServerDestination;
  /** Cipher of every layer; xchacha20 by default, as libsession sends. */
  readonly encType?: EncType;
}

/** An onion ready to be sent. */
export interface BuiltOnion {
  /** Body of `POST /onion_req/v2` to the guard. */
  readonly body: Buffer;
  /** How many nodes open a layer of it. */
  readonly hops: number;
  /** Opens the answer of the destination (base64 text or raw bytes); `undefined` when it is not for this onion. */
  open(reply: Buffer): Buffer | undefined;
}

interface Wrapped {
  readonly ciphertext: Buffer;
  readonly routing: { ephemeral_key: string; enc_type: EncType };
  readonly key: ChannelKey;
}

/**
 * Wraps `payload` in one layer for the destination and one for every node before it, each with a fresh ephemeral key.
 * A snode destination equal to the last node of the path gets one layer, not two (that is how a path is built).
 * Source: libsession-util `onionreq/builder.cpp`.
 *
 * @param payload the RPC JSON for a node, the bencoded v4 request for a server.
 * @throws OnionError `bad-path` when a node comes twice in a row or the path is empty.
 */
export function buildOnion(route: OnionRoute, payload: Uint8Array): BuiltOnion {
  const encType = route.encType ?? "xchacha20";
  const { relays, inner, innerHeader } = innermost(route, payload, encType);
  let layer = inner;
  let header = innerHeader(layer);
  for (const hop of relays.toReversed()) {
    layer = wrap(frame(layer.ciphertext, JSON.stringify(header)), hop.x25519, encType);
    header = { destination: hop.pubkey, ...layer.routing };
  }
  return {
    body: frame(layer.ciphertext, JSON.stringify(layer.routing)),
    hops: relays.length + (route.destination.kind === "snode" ? 1 : 0),
    open: (reply) => openReply(reply, inner.key),
  };
}

function innermost(route: OnionRoute, payload: Uint8Array, encType: EncType) {
  const { path, destination } = route;
  const relays =
    destination.kind === "snode" && path.at(-1)?.pubkey === destination.pubkey ? path.slice(0, -1) : [...path];
  if (path.length === 0) throw new OnionError("bad-path", "an onion needs at least one node");
  if (relays.some((hop, index) => hop.pubkey === relays[index + 1]?.pubkey)) {
    throw new OnionError("bad-path", "a node can't be its own next hop");
  }
  if (destination.kind === "snode") {
    const inner = wrap(frame(Buffer.from(payload), `{"headers":""}`), destination.x25519, encType);
    const innerHeader = (layer: Wrapped): object => ({ destination: destination.pubkey, ...layer.routing });
    return { relays, inner, innerHeader };
  }
  const { host, target = "/oxen/v4/lsrpc", protocol, port } = destination;
  const inner = wrap(payload, destination.x25519, encType);
  const innerHeader = (layer: Wrapped): object => ({ host, target, method: "POST", protocol, port, ...layer.routing });
  return { relays, inner, innerHeader };
}

function wrap(plaintext: Uint8Array, x25519: Buffer, encType: EncType): Wrapped {
  const ephemeral = x25519KeyPair();
  const key = clientChannelKey(encType, ephemeral.secretKey, ephemeral.publicKey, x25519);
  const routing = { ephemeral_key: ephemeral.publicKey.toString("hex"), enc_type: encType };
  return { ciphertext: key.seal(Buffer.from(plaintext)), routing, key };
}

function openReply(reply: Buffer, key: ChannelKey): Buffer | undefined {
  const decoded = decodeBase64(reply.toString("latin1"));
  return (decoded && key.open(decoded)) ?? key.open(reply);
}
