/** Longest frame, header included: 12 MiB, so that a body of 10 MiB with its layers fits. */
export const MAX_FRAME_BYTES = 12 * 1024 * 1024;

/** Longest gRPC message taken or sent; a message holds whole frames. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Frames are gathered into one message up to this size; a longer frame travels alone. A longer gathering is malformed. */
export const COALESCE_BYTES = 256 * 1024;

/** Most frames of one message. All of them are handled at once, before back-pressure can say anything. */
export const MAX_MESSAGE_FRAMES = 4_096;

/** Frame types, see docs/protocol/peer-link.md. */
export const FRAME = { request: 1, response: 2, refusal: 3, goodbye: 4, cancel: 5 } as const;

/** One frame; `payload` is a view of the message it came in. `deadlineMs` is 0 except in requests. */
export interface Frame {
  readonly type: number;
  readonly kind: number;
  readonly id: number;
  readonly deadlineMs: number;
  readonly payload: Uint8Array;
}

const LENGTH_BYTES = 4;
const HEADER_BYTES = 6;
const DEADLINE_BYTES = 4;

/** Bytes a frame takes on the wire. */
export function frameBytes(type: number, payloadBytes: number): number {
  return LENGTH_BYTES + HEADER_BYTES + (type === FRAME.request ? DEADLINE_BYTES : 0) + payloadBytes;
}

/** Writes a frame at `offset` and returns the offset after it. The target must have room for `frameBytes`. */
export function writeFrame(target: Buffer, offset: number, frame: Frame): number {
  const size = frameBytes(frame.type, frame.payload.length);
  let at = target.writeUInt32LE(size - LENGTH_BYTES, offset);
  at = target.writeUInt8(frame.type, at);
  at = target.writeUInt8(frame.kind, at);
  at = target.writeUInt32LE(frame.id, at);
  if (frame.type === FRAME.request) at = target.writeUInt32LE(frame.deadlineMs, at);
  target.set(frame.payload, at);
  return offset + size;
}

/** Splits a message into its frames without copying; undefined when it is malformed, which ends the link. */
export function parseFrames(message: Buffer): Frame[] | undefined {
  const frames: Frame[] = [];
  let at = 0;
  while (at < message.length) {
    if (message.length - at < LENGTH_BYTES + HEADER_BYTES) return undefined;
    const length = message.readUInt32LE(at);
    const end = at + LENGTH_BYTES + length;
    if (length < HEADER_BYTES || LENGTH_BYTES + length > MAX_FRAME_BYTES || end > message.length) return undefined;
    const frame = parseFrame(message, at + LENGTH_BYTES, end);
    if (!frame) return undefined;
    frames.push(frame);
    if (frames.length > MAX_MESSAGE_FRAMES || (frames.length > 1 && message.length > COALESCE_BYTES)) return undefined;
    at = end;
  }
  return frames.length === 0 ? undefined : frames;
}

function parseFrame(message: Buffer, start: number, end: number): (Frame & { payload: Buffer }) | undefined {
  const type = message.readUInt8(start);
  const kind = message.readUInt8(start + 1);
  const id = message.readUInt32LE(start + 2);
  const body = start + HEADER_BYTES;
  if (type < FRAME.request || type > FRAME.cancel) return undefined;
  if (type !== FRAME.request) return { type, kind, id, deadlineMs: 0, payload: message.subarray(body, end) };
  if (end - body < DEADLINE_BYTES) return undefined;
  const deadlineMs = message.readUInt32LE(body);
  return { type, kind, id, deadlineMs, payload: message.subarray(body + DEADLINE_BYTES, end) };
}

const CODE_BYTES = 2;

/** Payload of a refusal: u16le number, then UTF-8 text of at most 1,024 bytes. */
export function encodeRefusal(code: number, text: string): Buffer {
  const head = Buffer.allocUnsafe(CODE_BYTES);
  head.writeUInt16LE(code & 0xffff);
  return Buffer.concat([head, Buffer.from(text).subarray(0, 1_024)]);
}

/** Reads a refusal's payload; undefined when malformed. */
export function decodeRefusal(payload: Uint8Array): { code: number; text: string } | undefined {
  if (payload.length < CODE_BYTES) return undefined;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  return { code: bytes.readUInt16LE(), text: bytes.toString("utf8", CODE_BYTES) };
}
