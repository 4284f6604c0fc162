import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import type { KubeConfig } from "@kubernetes/client-node";

/** One HTTP request to the API server. */
export interface ApiRequest {
  readonly method: string;
  /** From the root of the API server, with the query. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  /** Ends the request, and the reading of its answer. */
  readonly signal: AbortSignal;
}

/** What came back; its content is read once. */
export interface Answer {
  readonly status: number;
  text(): Promise<string>;
  lines(): AsyncIterable<string>;
  discard(): void;
}

/**
 * Sends a request on a connection of its own: there are few, and one that hangs then harms no other.
 * Rejects when the connection fails or the signal is aborted.
 */
export async function send(config: KubeConfig, request: ApiRequest): Promise<Answer> {
  const cluster = config.getCurrentCluster();
  const url = new URL(`${cluster?.server.replace(/\/$/, "")}${request.path}`);
  const options: https.RequestOptions = { method: request.method, headers: { accept: "application/json" } };
  await config.applyToHTTPSOptions(options);
  if (cluster?.proxyUrl === undefined) options.agent = false;
  options.signal = request.signal;
  if (request.contentType !== undefined) {
    options.headers = { ...options.headers, "content-type": request.contentType };
  }
  const client = url.protocol === "http:" ? http : https;
  const call = client.request(url, options).end(request.body);
  const [message] = (await once(call, "response")) as [IncomingMessage];
  return {
    status: message.statusCode ?? 0,
    text: () => text(message),
    lines: () => readLines(message),
    discard: () => void message.destroy(),
  };
}

/** Ends in an error when the connection does: an interface of lines alone would just end. */
async function* readLines(message: IncomingMessage): AsyncGenerator<string, void> {
  const ended = once(message, "close");
  ended.catch(() => {}); // told below, once the lines before it are read
  try {
    for await (const line of createInterface({ input: message, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line !== "") yield line;
    }
    await ended;
    if (!message.complete) throw new Error("the connection broke off");
  } finally {
    message.destroy();
  }
}
