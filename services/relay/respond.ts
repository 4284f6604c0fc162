import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";

/** The version of Session's storage server whose behaviour this is. */
export const STORAGE_SERVER_VERSION = "2.11.0";
/** Value of the `Server` header and of the User-Agent of exits. */
export const SERVER_NAME = `Oxen Storage Server/${STORAGE_SERVER_VERSION}`;

/** How long, and how many bytes, a refused body is still read so that the client gets to see the refusal. */
const DRAIN_MS = 2_000;
const DRAIN_BYTES = 32 * 1024 * 1024;

/**
 * Sends an answer. With `close`, or when the client is still sending a body that nobody reads, the connection ends after
 * it.
 */
export function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  options: { close: boolean; headers?: Readonly<Record<string, string>> | undefined },
): void {
  const unread = !request.readableEnded && hasBody(request);
  response.writeHead(answer.status, {
    Server: SERVER_NAME,
    "Content-Type": answer.json ? "application/json" : "text/plain",
    "Content-Length": answer.body.length,
    ...options.headers,
    ...(options.close || unread ? { Connection: "close" } : {}),
  });
  if (!unread) response.end(answer.body);
  else drainThenEnd(request, response, answer.body);
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
