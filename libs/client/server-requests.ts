import { decodeV4Response, encodeV4Request, OnionError, type V4Request, type V4Response } from "@swarmpost/onion";
import { ClientError } from "./client-error.ts";
import type { NodeRequestsParts } from "./node-requests.ts";
import { overPaths } from "./over-paths.ts";

/** An exit gives a server 25 s. */
const SERVER_WAIT_MS = 20_000;

/** A server that takes onion requests: a file server, an open group. */
export interface ServerPlace {
  /** `http://host[:port]` or `https://…`, as exits resolve it; no path. */
  readonly url: string;
  /** Its X25519 key, 64 hex digits. */
  readonly pubkey: string;
}

/** A server's answer; header names are lower case. */
export interface ServerReply extends V4Response {
  /** The body as JSON object; undefined when it is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

/** Asks servers behind the network's exits, onion v4: no node learns what, and no server learns who. */
export class ServerRequests {
  readonly #parts: NodeRequestsParts;

  constructor(parts: NodeRequestsParts) {
    this.#parts = parts;
  }

  /**
   * The server's answer, whatever its code. What fails on the way, or at the exit's connection to the server, is sent
   * again over another path (`overPaths`); so a request must be one that may come twice. Throws ClientError
   * "server-unreachable", and as `overPaths`.
   */
  async send(server: ServerPlace, request: V4Request, options: { signal?: AbortSignal } = {}): Promise<ServerReply> {
    const payload = encodeV4Request(request);
    const { paths, transport } = this.#parts;
    const outcome = await overPaths(this.#parts, {
      signal: options.signal,
      send: async (path) => {
        const how = { waitMs: SERVER_WAIT_MS, ...options };
        const answer = await transport.sendToServer(path.hops, server, payload, how);
        if ("failure" in answer) return answer;
        const reply = readReply(answer.opened);
        return reply === undefined ? { failure: { kind: "refused", reason: "an odd answer" } } : { reply };
      },
      failed: (path, failure) => {
        paths.exitFailed(path, failure);
        return { again: true };
      },
    });
    if ("reply" in outcome) return outcome.reply;
    const { reason } = outcome.failure;
    throw new ClientError("server-unreachable", `the server can't be reached through the network: ${reason}`);
  }
}

function readReply(opened: Buffer): ServerReply | undefined {
  try {
    const response = decodeV4Response(opened);
    return { ...response, json: parseObject(response.body) };
  } catch (error) {
    if (error instanceof OnionError) return undefined;
    throw error;
  }
}

function parseObject(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
