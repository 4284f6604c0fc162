import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { eventually } from "@swarmpost/testkit";
import { CallingStream } from "./calling-stream.ts";
import type { Connection } from "./connection.ts";
import { FRAME, frameBytes, parseFrames, writeFrame } from "./frame.ts";
import { LinkError, type LinkHandler, LocalLinkServer, openLocalLink } from "./index.ts";
import { PendingRequest } from "./pending-request.ts";
import { rawLinkServer } from "./test-raw-server.ts";

const nothing = Buffer.alloc(0);
const FOREVER_MS = 60_000;

const cancelled = (error: unknown): boolean => error instanceof LinkError && error.code === "cancelled";

/** A server whose handler of kind 1 waits until nobody wants the answer; all others are answered at once. */
async function waitingServer() {
  const state = { waiting: 0, aborted: 0 };
  const handler: LinkHandler = async ({ kind, payload, signal }) => {
    if (kind !== 1) return payload;
    state.waiting += 1;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    state.waiting -= 1;
    state.aborted += 1;
    return payload;
  };
  const server = new LocalLinkServer({ host: "127.0.0.1", port: 0, graceMs: 100 }, handler);
  await server.listen();
  return { server, state };
}

test("a request that is taken back fails once its handler, who is told, has ended, and others of the link go on", async () => {
  const { server, state } = await waitingServer();
  await using _ = server;
  await using link = openLocalLink(server.address);
  const [leaving, staying] = [new AbortController(), new AbortController()];
  const left = link.request(1, nothing, { deadlineMs: FOREVER_MS, signal: leaving.signal });
  const stayed = link.request(1, nothing, { deadlineMs: FOREVER_MS, signal: staying.signal });
  await eventually(() => state.waiting === 2);
  leaving.abort();
  await assert.rejects(left, cancelled);
  await eventually(() => state.aborted === 1);
  assert.equal((await link.request(2, Buffer.from("on"), { deadlineMs: 2_000 })).toString(), "on");
  assert.deepEqual(state, { waiting: 1, aborted: 1 });
  staying.abort();
  await assert.rejects(stayed, cancelled);
  await eventually(() => state.aborted === 2);
});

test("what is taken back before it was sent is never sent, and frees its place among the outstanding ones", async () => {
  const { server, state } = await waitingServer();
  await using _ = server;
  await using link = openLocalLink(server.address, { maxOutstanding: 1 });
  const gone = AbortSignal.abort();
  await assert.rejects(link.request(1, nothing, { deadlineMs: FOREVER_MS, signal: gone }), cancelled);
  const leaving = new AbortController();
  // The link is not open yet: the request waits for it.
  const waiting = link.request(1, nothing, { deadlineMs: FOREVER_MS, signal: leaving.signal });
  leaving.abort();
  await assert.rejects(waiting, cancelled);
  assert.equal((await link.request(2, Buffer.from("next"), { deadlineMs: 2_000 })).toString(), "next");
  assert.deepEqual(state, { waiting: 0, aborted: 0 });
});

test("a signal that fires after the answer changes nothing", async () => {
  const { server } = await waitingServer();
  await using _ = server;
  await using link = openLocalLink(server.address);
  const late = new AbortController();
  const options = { deadlineMs: 2_000, signal: late.signal };
  assert.equal((await link.request(2, Buffer.from("a"), options)).toString(), "a");
  late.abort();
  assert.equal((await link.request(2, Buffer.from("b"), { deadlineMs: 2_000 })).toString(), "b");
  assert.equal(link.state, "up");
});

test("an end that does not say that it takes cancels gets none: to an older one they are malformed", async () => {
  const types: number[] = [];
  using server = await rawLinkServer((message) => {
    types.push(...(parseFrames(message) ?? []).map(({ type }) => type));
  });
  await using link = openLocalLink(server.address);
  const leaving = new AbortController();
  const left = link.request(1, nothing, { deadlineMs: 300, signal: leaving.signal });
  await eventually(() => types.length === 1);
  leaving.abort();
  await assert.rejects(left, cancelled);
  void link.request(1, nothing, { deadlineMs: 1_000 }).catch(() => {});
  await eventually(() => types.length === 2);
  assert.deepEqual(types, [FRAME.request, FRAME.request]);
});

test("a cancel that names nobody, or comes twice, is ignored; one from the serving end breaks the link", async () => {
  const { server, state } = await waitingServer();
  await using _ = server;
  await using link = openLocalLink(server.address);
  for (let round = 0; round < 3; round += 1) {
    const leaving = new AbortController();
    const left = link.request(1, nothing, { deadlineMs: FOREVER_MS, signal: leaving.signal });
    await eventually(() => state.waiting === 1);
    leaving.abort();
    leaving.abort();
    await assert.rejects(left, cancelled);
    await eventually(() => state.waiting === 0);
  }
  assert.equal(link.state, "up");
  const cancel = Buffer.alloc(frameBytes(FRAME.cancel, 0));
  writeFrame(cancel, 0, { type: FRAME.cancel, kind: 1, id: 1, deadlineMs: 0, payload: nothing });
  using hostile = await rawLinkServer((_message, call) => call.write(cancel));
  await using other = openLocalLink(hostile.address);
  await assert.rejects(other.request(1, nothing, { deadlineMs: 2_000 }), (error: LinkError) => error.code === "lost");
});

test("requests taken back while the other end reads nothing hold no memory", async () => {
  // The other end takes the first message and then nothing.
  const stream = new Duplex({ objectMode: true, read() {}, write() {} });
  const connection = {
    stream: stream as unknown as Connection["stream"],
    takesCancels: true,
    onClosed() {},
    close() {},
  };
  const calling = new CallingStream(connection, { goodbye() {}, closed() {} });
  const payload = Buffer.alloc(1024 * 1024);
  const ask = (signal: AbortSignal) => {
    const options = { deadlineMs: FOREVER_MS, signal };
    const request = new PendingRequest(1, payload, options, (settled) => calling.forget(settled));
    calling.send(request);
    return request;
  };
  const staying = new AbortController();
  const sent = [ask(staying.signal), ask(staying.signal)];
  await eventually(() => sent.every((request) => request.sent));
  for (let round = 0; round < 100; round += 1) {
    const leaving = new AbortController();
    const left = ask(leaving.signal);
    leaving.abort();
    await assert.rejects(left.promise, cancelled);
    assert.ok(calling.queuedBytes < 2 * payload.length);
  }
  staying.abort();
  calling.close();
  for (const { promise } of sent) await assert.rejects(promise, cancelled);
});

test("a request that is taken back keeps its place until the other end is done with it", async () => {
  const done = Promise.withResolvers<Buffer>();
  let handled = 0;
  const handler: LinkHandler = async () => (++handled === 1 ? await done.promise : nothing);
  await using server = new LocalLinkServer({ host: "127.0.0.1", port: 0, graceMs: 100 }, handler);
  await server.listen();
  await using link = openLocalLink(server.address, { maxOutstanding: 1 });
  const leaving = new AbortController();
  const left = link.request(1, nothing, { deadlineMs: FOREVER_MS, signal: leaving.signal });
  await eventually(() => handled === 1);
  leaving.abort();
  const more = () => link.request(1, nothing, { deadlineMs: 2_000 });
  await assert.rejects(more(), (error: LinkError) => error.code === "overloaded");
  done.resolve(Buffer.from("too late"));
  await assert.rejects(left, cancelled);
  assert.deepEqual(await more(), nothing);
});
