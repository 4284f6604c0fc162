import assert from "node:assert/strict";
import { test } from "node:test";
import { COALESCE_BYTES, FRAME, MAX_MESSAGE_FRAMES, parseFrames } from "./frame.ts";
import { FrameWriter } from "./frame-writer.ts";

/** What a writer makes of payloads of these lengths, pushed in one tick: frames and bytes of each message. */
async function messagesFor(lengths: readonly number[]): Promise<{ frames: number; bytes: number }[]> {
  const messages: Buffer[] = [];
  const done = Promise.withResolvers<void>();
  const writer = new FrameWriter({
    write(message, written) {
      messages.push(message);
      setImmediate(() => {
        written();
        if (writer.queuedBytes === 0) done.resolve();
      });
      return true;
    },
  });
  for (const [id, length] of lengths.entries()) {
    const payload = Buffer.alloc(length);
    writer.push({ type: FRAME.request, kind: 1, id, payload, release: () => 1_000 });
  }
  await done.promise;
  return messages.map((message) => ({ frames: parseFrames(message)?.length ?? 0, bytes: message.length }));
}

test("a writer keeps to the bounds of a message that a reader holds it to", async () => {
  const many = await messagesFor(Array<number>(2 * MAX_MESSAGE_FRAMES + 1).fill(0));
  assert.deepEqual(
    many.map(({ frames }) => frames),
    [MAX_MESSAGE_FRAMES, MAX_MESSAGE_FRAMES, 1],
  );
  const large = await messagesFor([1, COALESCE_BYTES, 1, COALESCE_BYTES / 2, COALESCE_BYTES / 2]);
  assert.deepEqual(
    large.map(({ frames }) => frames),
    [1, 1, 2, 1],
  );
});

test("frames that together fill a message to its last byte travel in it", async () => {
  const header = 14;
  const half = COALESCE_BYTES / 2 - header;
  assert.deepEqual(await messagesFor([half, half]), [{ frames: 2, bytes: COALESCE_BYTES }]);
});
