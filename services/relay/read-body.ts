import type { IncomingMessage } from "node:http";
import { refusal } from "./relay-error.ts";
import type { Place } from "./work-limit.ts";

/** Largest request body: 10 MiB. Source: Session storage server 2.11. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

const tooLarge = () => refusal(413, "Request body too large", { close: true });
const busy = () => refusal(503, "Server busy, try again later", { close: true });

/**
 * Checks the Content-Length header before a byte is read; absent is fine.
 * @returns the declared length, undefined when absent.
 * @throws RelayError `refused` with 400 or 413.
 */
export function declaredLength(request: IncomingMessage, maxBytes = MAX_BODY_BYTES): number | undefined {
  const header = request.headers["content-length"];
  if (header === undefined) return undefined;
  if (!/^\d+$/.test(header)) throw refusal(400, "invalid Content-Length", { close: true });
  const length = Number(header);
  if (length > maxBytes) throw tooLarge();
  return length;
}

/**
 * Reads a whole request body, never more than `maxBytes`, and counts it in `place`. A body that came in one
 * chunk is not copied.
 * @returns undefined when the client went away before the end.
 * @throws RelayError `refused` with 413 or 503.
 */
export function readBody(
  request: IncomingMessage,
  place: Place,
  maxBytes = MAX_BODY_BYTES,
): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (settle: () => void) => {
      request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose);
      settle();
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) end(() => reject(tooLarge()));
      else if (place.hold(chunk.length)) chunks.push(chunk);
      else end(() => reject(busy()));
    };
    const onEnd = () => end(() => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size)));
    const onClose = () => end(() => resolve(undefined));
    request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose);
    if (request.destroyed && !request.readableEnded) onClose();
  });
}
