/** What a client is told: the status and body of an HTTPS response, or of one hop on the way back. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** JSON text or anything else; decides the Content-Type at the edge. */
  readonly json: boolean;
  /** Bytes that are no text: sealed as base64. */
  readonly binary?: boolean;
}

/** A plain text answer, as all errors are (Session storage server 2.11). */
export function textAnswer(status: number, text: string): Answer {
  return { status, body: Buffer.from(text, "utf8"), json: false };
}

/** The answer when too much is under way already. */
export const busyAnswer: Answer = textAnswer(503, "Server busy, try again later");

/** The answer when somebody else did not answer in time, or nobody waits any more. */
export const timeoutAnswer: Answer = textAnswer(504, "Request time out");

const STATUS_BYTES = 2;

/** The form of an answer on a peer link: `u16le status | body`. */
export function encodeHopAnswer(answer: Answer): Buffer {
  const bytes = Buffer.allocUnsafe(STATUS_BYTES + answer.body.length);
  bytes.writeUInt16LE(answer.status);
  bytes.set(answer.body, STATUS_BYTES);
  return bytes;
}

const KNOWN_STATUSES = new Set([200, 400, 401, 403, 404, 406, 410, 413, 421, 429, 500, 502, 503, 504]);

/**
 * Reads what {@link encodeHopAnswer} wrote; the body is a view. A status outside the set that clients know becomes 500,
 * as in Session storage server 2.11; an answer too short to be one says so.
 */
export function decodeHopAnswer(bytes: Buffer): Answer {
  if (bytes.length < STATUS_BYTES) return textAnswer(500, "Invalid response from snode");
  return { status: knownStatus(bytes.readUInt16LE()), body: bytes.subarray(STATUS_BYTES), json: false };
}

/** Maps a status to the fixed set that passes from hop to hop; any other number is 500. */
export function knownStatus(status: number): number {
  return KNOWN_STATUSES.has(status) ? status : 500;
}
