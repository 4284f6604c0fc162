import { CryptoError, type ExchangeKeyPair, type ChannelKey, serverChannelKey } from "@swarmpost/crypto";
import { OnionError, parseOnionRequest } from "@swarmpost/onion";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { FileServerError } from "./errors.ts";
import type { FileServerMetrics } from "./metrics.ts";
import { RequestBody } from "./request-body.ts";
import { answerV3 } from "./onion-v3.ts";
import { answerV4 } from "./onion-v4.ts";

/** A file's bytes, as base64 in JSON, in an onion's frame. */
function onionBodyBytes(maxFileBytes: number): number {
  return Math.ceil(maxFileBytes / 3) * 4 + 16_384;
}

/** What onion requests work with. */
export interface OnionParts {
  /** The server's X25519 pair. */
  readonly keys: ExchangeKeyPair;
  /** Serves what is inside. */
  readonly inner: FastifyInstance;
  readonly metrics: Pick<FileServerMetrics, "onions">;
}

function openOnion(body: Buffer, keys: ExchangeKeyPair): { key: ChannelKey; plaintext: Buffer } {
  try {
    const { ephemeralKey, encType, ciphertext } = parseOnionRequest(body);
    const key = serverChannelKey(encType, keys.secretKey, keys.publicKey, ephemeralKey);
    const plaintext = key.open(ciphertext);
    if (plaintext !== undefined) return { key, plaintext };
  } catch (error) {
    if (!(error instanceof OnionError || error instanceof CryptoError)) throw error;
  }
  // One text for all: the asker learns nothing about the key.
  throw new FileServerError("bad-request", "the onion request cannot be read");
}

/**
 * Adds the doors for requests that come through the network: `/oxen/v4/lsrpc` answers raw bytes, `/oxen/v3/lsrpc` and
 * `/loki/v3/lsrpc` base64. A body is `u32le N | N bytes ciphertext | JSON {ephemeral_key, enc_type?, …}`; what is inside is
 * served like a plain request, and the answer is encrypted to the client's ephemeral key.
 */
export function addOnionRoutes(server: FastifyInstance, options: { maxFileBytes: number }, parts: OnionParts): void {
  const maxBytes = onionBodyBytes(options.maxFileBytes);
  const v3 = (request: FastifyRequest, reply: FastifyReply) => serveV3(request, reply, { ...parts, maxBytes });
  server.post("/oxen/v4/lsrpc", (request, reply) => serveV4(request, reply, { ...parts, maxBytes }));
  server.post("/oxen/v3/lsrpc", v3);
  server.post("/loki/v3/lsrpc", v3);
}

type ServeParts = OnionParts & { readonly maxBytes: number };

async function opened(request: FastifyRequest, { keys, metrics, maxBytes }: ServeParts) {
  try {
    const onion = openOnion(await new RequestBody(request.body, maxBytes).whole(), keys);
    metrics.onions.inc({ result: "answered" });
    return onion;
  } catch (error) {
    metrics.onions.inc({ result: "refused" });
    throw error;
  }
}

async function serveV4(request: FastifyRequest, reply: FastifyReply, parts: ServeParts): Promise<FastifyReply> {
  const { key, plaintext } = await opened(request, parts);
  return reply.type("application/octet-stream").send(key.seal(await answerV4(plaintext, parts.inner)));
}

async function serveV3(request: FastifyRequest, reply: FastifyReply, parts: ServeParts): Promise<FastifyReply> {
  const { key, plaintext } = await opened(request, parts);
  const sealed = key.seal(await answerV3(plaintext, parts.inner));
  return reply.type("text/plain; charset=utf-8").send(sealed.toString("base64"));
}
