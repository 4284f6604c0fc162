import { decodeV4Request, encodeV4Response, OnionError, type V4Response } from "@swarmpost/onion";
import type { FastifyInstance } from "fastify";
import { innerRequest } from "./inner-request.ts";

const INVALID: V4Response = {
  code: 400,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: Buffer.from("Invalid v4 onion request"),
};

/** Answers an opened v4 request; whatever is wrong with it is told inside the answer. Source: Session file server. */
export async function answerV4(plaintext: Buffer, server: FastifyInstance): Promise<Buffer> {
  return encodeV4Response((await answer(plaintext, server)) ?? INVALID);
}

async function answer(plaintext: Buffer, server: FastifyInstance): Promise<V4Response | undefined> {
  try {
    const { method, endpoint, headers, body } = decodeV4Request(plaintext);
    return await innerRequest(server, { method, endpoint, headers, body });
  } catch (error) {
    if (error instanceof OnionError) return undefined;
    throw error;
  }
}
