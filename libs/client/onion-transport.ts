import type { EncType } from "@swarmpost/crypto";
import { buildOnion, type BuiltOnion } from "@swarmpost/onion";
import type { Post } from "./https-post.ts";
import type { NetworkClock } from "./network-clock.ts";
import { failureOf, failureOfConnection, type PathFailure, serverFailureOf } from "./path-failure.ts";
import type { ServiceNode } from "./service-node.ts";

/** A request of the storage RPC. */
export interface RpcRequest {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What the destination answered, whatever the status. */
export interface RpcReply {
  /** The destination's status, storage-protocol 1.2. */
  readonly status: number;
  /** Its body: JSON for most, plain text for errors. */
  readonly text: string;
  /** The body as JSON object; undefined when it is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

/** How one onion is sent. */
export interface SendOptions {
  /** How long the destination may let the answer wait, ms: that much more than other onions have. */
  readonly waitMs?: number;
  /** Ends the wait for the answer. */
  readonly signal?: AbortSignal;
}

/** Either the destination's answer or what happened on the way. */
export type OnionOutcome = { readonly reply: RpcReply } | { readonly failure: PathFailure };

/** Sends onions through given hops. Knows nothing of paths' health: it tells what happened. */
export class OnionTransport {
  readonly #options: { encType: EncType; timeoutMs: number };
  readonly #post: Post;
  readonly #clock: NetworkClock;

  constructor(options: { encType: EncType; timeoutMs: number }, collaborators: { post: Post; clock: NetworkClock }) {
    this.#options = options;
    this.#post = collaborators.post;
    this.#clock = collaborators.clock;
  }

  /**
   * Sends one request over `hops` (guard first) to `destination`, which may be the last hop itself. A status other than
   * 200 from the guard is about the path; the status in the opened answer is the destination's. Throws the signal's
   * reason when it aborts.
   */
  async send(
    hops: readonly [ServiceNode, ...ServiceNode[]],
    destination: ServiceNode,
    request: RpcRequest,
    options: SendOptions = {},
  ): Promise<OnionOutcome> {
    const route = {
      path: hops,
      destination: { ...destination, kind: "snode" as const },
      encType: this.#options.encType,
    };
    const onion = buildOnion(route, Buffer.from(JSON.stringify(request)));
    const sentMs = this.#clock.local();
    const outcome = await this.#exchange(hops[0], onion, options);
    if ("failure" in outcome) return outcome;
    const reply = parseReply(outcome.opened);
    if (reply === undefined) return { failure: { kind: "refused", reason: "the answer can't be opened" } };
    const times = { sentMs, receivedMs: this.#clock.local() };
    if (options.waitMs === undefined) this.#clock.observe(destination.pubkey, reply.json?.["t"], times);
    return { reply };
  }

  /** Sends a v4 request over `hops` to a server behind the last of them; what it answered, opened. Throws as `send`. */
  async sendToServer(
    hops: readonly [ServiceNode, ...ServiceNode[]],
    server: { readonly url: string; readonly pubkey: string },
    payload: Uint8Array,
    options: SendOptions = {},
  ): Promise<Exchange> {
    const { protocol, hostname, port } = new URL(server.url);
    const https = protocol === "https:";
    const destination = {
      kind: "server" as const,
      host: hostname,
      protocol: https ? ("https" as const) : ("http" as const),
      port: port === "" ? (https ? 443 : 80) : Number(port),
      x25519: Buffer.from(server.pubkey, "hex"),
    };
    const onion = buildOnion({ path: hops, destination, encType: this.#options.encType }, payload);
    return await this.#exchange(hops[0], onion, options, serverFailureOf);
  }

  /** Sends an onion to its guard and opens what comes back. */
  async #exchange(
    guard: ServiceNode,
    onion: BuiltOnion,
    options: SendOptions,
    readFailure: typeof failureOf = failureOf,
  ): Promise<Exchange> {
    const url = `https://${guard.ip}:${guard.httpsPort}/onion_req/v2`;
    const { signal, waitMs = 0 } = options;
    const timeoutMs = this.#options.timeoutMs + waitMs;
    try {
      const answer = await this.#post(url, onion.body, signal === undefined ? { timeoutMs } : { timeoutMs, signal });
      if (answer.status !== 200) return { failure: readFailure(answer.status, answer.body) };
      const opened = onion.open(answer.body);
      if (opened === undefined) return { failure: { kind: "refused", reason: "the answer can't be opened" } };
      return { opened };
    } catch (error) {
      signal?.throwIfAborted();
      return { failure: failureOfConnection(error) };
    }
  }
}

/** What came back, opened with the destination's key, or what happened on the way. */
export type Exchange = { readonly opened: Buffer } | { readonly failure: PathFailure };

/** Reads `{"status", "body"}` of a node; the body is a string, or an object where a server embeds it. Undefined of anything else. */
export function parseReply(opened: Buffer): RpcReply | undefined {
  const outer = parseObject(opened.toString("utf8"));
  const status = outer?.["status"] ?? outer?.["status_code"];
  const body = outer?.["body"];
  if (typeof status !== "number") return undefined;
  if (typeof body === "object" && body !== null) {
    const text = textOf(body);
    return text === undefined ? undefined : { status, text, json: body as Record<string, unknown> };
  }
  const text = typeof body === "string" ? body : "";
  return { status, text, json: parseObject(text) };
}

/** JSON can be read at any depth, but not written. */
function textOf(body: object): string | undefined {
  try {
    return JSON.stringify(body);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
