import assert from "node:assert/strict";
import { test } from "node:test";
import { COALESCE_BYTES, FRAME, MAX_MESSAGE_FRAMES, parseFrames } from "./frame.ts";
import { FrameWriter } from "./frame-writer.ts";
import { eventually } from "@swarmpost/testkit";

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

test("what settles while the stream takes nothing is let go, and the rest leaves in its order", async () => {
  const messages: Buffer[] = [];
  let written = (): void => {};
  const writer = new FrameWriter({
    write(message, done) {
      messages.push(message);
      written = done;
      return true;
    },
  });
  const push = (id: number) => {
    const frame = { type: FRAME.request, kind: 1, id, payload: Buffer.alloc(COALESCE_BYTES), settled: false };
    const pushed = { ...frame, release: () => (pushed.settled ? undefined : 1_000) };
    writer.push(pushed);
    return pushed;
  };
  const [first, second] = [push(1), push(2)];
  await eventually(() => messages.length === 2);
  const stays = [push(3), push(4)];
  for (let id = 5; id < 1_005; id += 1) {
    const left = push(id);
    left.settled = true;
    writer.settled(left);
    const size = COALESCE_BYTES + 14;
    assert.ok(writer.queuedBytes <= 2 * stays.length * size, `${writer.queuedBytes} bytes after ${id}`);
  }
  assert.deepEqual([first.settled, second.settled], [false, false]);
  for (const many of [3, 4]) {
    written();
    await eventually(() => messages.length === many);
  }
  written();
  await eventually(() => writer.queuedBytes === 0);
  const ids = messages.flatMap((message) => parseFrames(message)?.map(({ id }) => id) ?? []);
  assert.deepEqual(ids, [1, 2, 3, 4]);
});
