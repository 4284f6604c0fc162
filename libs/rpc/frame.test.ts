import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  decodeRefusal,
  encodeRefusal,
  FRAME,
  frameBytes,
  type Frame,
  MAX_FRAME_BYTES,
  parseFrames,
  writeFrame,
} from "./frame.ts";

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const frame: fc.Arbitrary<Frame> = fc
  .record({
    type: fc.constantFrom(FRAME.request, FRAME.response, FRAME.refusal, FRAME.goodbye),
    kind: fc.integer({ min: 0, max: 255 }),
    id: u32,
    deadlineMs: u32,
    payload: fc.uint8Array({ maxLength: 300 }),
  })
  .map((f) => ({ ...f, deadlineMs: f.type === FRAME.request ? f.deadlineMs : 0 }));

function encode(frames: readonly Frame[]): Buffer {
  const message = Buffer.alloc(frames.reduce((sum, f) => sum + frameBytes(f.type, f.payload.length), 0));
  let at = 0;
  for (const f of frames) at = writeFrame(message, at, f);
  assert.equal(at, message.length);
  return message;
}

test("frames gathered into one message come out as they went in", () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 20 }), (frames) => {
      const parsed = parseFrames(encode(frames));
      assert.deepEqual(
        parsed?.map((f) => ({ ...f, payload: [...f.payload] })),
        frames.map((f) => ({ ...f, payload: [...f.payload] })),
      );
    }),
  );
});

test("a message cut anywhere but between frames is malformed", () => {
  fc.assert(
    fc.property(frame, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (f, part) => {
      const message = encode([f]);
      assert.equal(parseFrames(message.subarray(0, Math.floor(part * message.length))), undefined);
    }),
  );
});

test("parsing any bytes never throws", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseFrames(Buffer.from(bytes))));
});

test("a payload is a view of the message, not a copy", () => {
  const message = encode([{ type: FRAME.response, kind: 1, id: 2, deadlineMs: 0, payload: Buffer.from("abc") }]);
  const [parsed] = parseFrames(message) ?? [];
  message.fill(0x7a, 10);
  assert.equal(Buffer.from(parsed?.payload ?? []).toString(), "zzz");
});

test("a frame longer than the limit, of unknown type or without its header is malformed", () => {
  const long = Buffer.alloc(MAX_FRAME_BYTES + 1);
  long.writeUInt32LE(MAX_FRAME_BYTES - 3);
  long.writeUInt8(FRAME.response, 4);
  assert.equal(parseFrames(long), undefined);
  assert.equal(parseFrames(encode([{ type: 9, kind: 0, id: 0, deadlineMs: 0, payload: Buffer.alloc(4) }])), undefined);
  assert.equal(parseFrames(Buffer.from("05000000010000000000", "hex")), undefined);
  assert.equal(parseFrames(Buffer.from("0600000001010000000000", "hex")), undefined);
  assert.equal(parseFrames(Buffer.alloc(0)), undefined);
});

test("a request frame has the bytes that the protocol document shows", () => {
  const message = encode([{ type: FRAME.request, kind: 1, id: 7, deadlineMs: 10_000, payload: Buffer.from("hi") }]);
  assert.equal(message.toString("hex"), "0c000000010107000000102700006869");
});

test("a refusal carries its number and text", () => {
  assert.deepEqual(decodeRefusal(encodeRefusal(421, "not mine")), { code: 421, text: "not mine" });
  assert.equal(decodeRefusal(Buffer.alloc(1)), undefined);
});
