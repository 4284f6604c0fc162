import { test } from "node:test";
import { fuzz } from "@swarmpost/testkit";
import {
  decodeRefusal,
  encodeRefusal,
  type Frame,
  FRAME,
  frameBytes,
  parseFrames,
  writeFrame,
} from "@swarmpost/rpc/frame.ts";

const documented = () => false;

function message(...frames: readonly Frame[]): Buffer {
  const bytes = Buffer.alloc(frames.reduce((sum, each) => sum + frameBytes(each.type, each.payload.length), 0));
  frames.reduce((at, each) => writeFrame(bytes, at, each), 0);
  return bytes;
}

test("a message of a link may hold any bytes", async () => {
  const request = { type: FRAME.request, kind: 3, id: 7, deadlineMs: 5000, payload: Buffer.from("ask") };
  const response = { type: FRAME.response, kind: 3, id: 7, deadlineMs: 0, payload: Buffer.alloc(300, 1) };
  const goodbye = { type: FRAME.goodbye, kind: 0, id: 0, deadlineMs: 0, payload: Buffer.alloc(0) };
  const corpus = [message(request), message(request, response, request), message(response), message(goodbye)];
  await fuzz({ corpus, parse: parseFrames, documented });
});

test("a refusal may hold any bytes", async () => {
  await fuzz({ corpus: [encodeRefusal(3, "no")], parse: decodeRefusal, documented });
});
