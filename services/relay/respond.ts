import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";

/** The version of Session's storage server whose behaviour this is. */
export const STORAGE_SERVER_VERSION = "2.11.0";
/** Value of the `Server` header and of the User-Agent of exits. */
export const SERVER_NAME = `Oxen Storage Server/${STORAGE_SERVER_VERSION}`;

/** How long, and how many bytes, a refused body is still read so that the client gets to see the refusal. */
const DRAIN_MS = 2_000;
const DRAIN_BYTES = 32 * 1024 * 1024;

/** Larger answers go out in parts, so that TLS never holds a second, encrypted copy of a whole one. */
const PART_BYTES = 65_536;
/** A client that takes an answer more slowly than this (about 16 KB/s) holds its memory too long. */
const MIN_BYTES_PER_MS = 16;

/** How an answer is sent. */
export interface RespondOptions {
  /** The connection must end after the answer. */
  readonly close: boolean;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A client that takes nothing for this long is cut off. */
  readonly timeoutMs: number;
}

/**
 * Sends an answer; resolves when the client took it all or is gone, so that its bytes are counted for as long as they are
 * held. With `close`, or when the client is still sending a body that nobody reads, the connection ends after it.
 * @throws RangeError or TypeError when the answer makes no HTTP response, before anything was sent.
 */
export async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  options: RespondOptions,
): Promise<void> {
  const unread = !request.readableEnded && hasBody(request);
  response.writeHead(answer.status, {
    Server: SERVER_NAME,
    "Content-Type": contentType(answer),
    "Content-Length": answer.body.length,
    ...options.headers,
    ...(options.close || unread ? { Connection: "close" } : {}),
  });
  const done = ended(request, response);
  if (unread) drainThenEnd(request, response, answer.body);
  else await write(request, response, answer.body, { done, timeoutMs: options.timeoutMs });
  await done;
}

function contentType({ json, binary }: Answer): string {
  if (json) return "application/json";
  return binary === true ? "application/octet-stream" : "text/plain";
}

/** Resolves when all was handed to the system or the connection is gone (an answer still queued behind another is not told). */
function ended(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { socket } = request;
  return new Promise((resolve) => {
    const end = () => {
      response.off("finish", end).off("close", end);
      socket.off("close", end);
      resolve();
    };
    response.on("finish", end).on("close", end);
    socket.on("close", end);
    if (socket.destroyed || response.destroyed) end();
  });
}

async function write(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  { done, timeoutMs }: { done: Promise<void>; timeoutMs: number },
): Promise<void> {
  const cut = () => request.socket.destroy();
  const stuck = setTimeout(cut, timeoutMs);
  const late = setTimeout(cut, timeoutMs + body.length / MIN_BYTES_PER_MS);
  let gone = false;
  const end = done.then(() => {
    gone = true;
  });
  for (let at = 0; body.length - at > PART_BYTES && !gone; at += PART_BYTES) {
    const room = response.write(body.subarray(at, at + PART_BYTES));
    if (!room) await Promise.race([new Promise((resolve) => response.once("drain", resolve)), end]);
    stuck.refresh();
  }
  if (!gone) response.end(body.length === 0 ? undefined : lastPart(body));
  await end;
  clearTimeout(stuck);
  clearTimeout(late);
}

function lastPart(body: Buffer): Buffer {
  return body.subarray(Math.floor((body.length - 1) / PART_BYTES) * PART_BYTES);
}

/** Ending at once would reset the connection while the client still sends, and the answer could be lost with it. */
function drainThenEnd(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  response.write(body);
  let drained = 0;
  const end = () => {
    clearTimeout(timer);
    request.off("data", count);
    response.end();
  };
  const count = (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > DRAIN_BYTES) end();
  };
  const timer = setTimeout(end, DRAIN_MS);
  request.on("data", count).once("end", end).once("close", end).once("error", end);
}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return (length !== undefined && length !== "0") || request.headers["transfer-encoding"] !== undefined;
}
