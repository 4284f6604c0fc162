import assert from "node:assert/strict";
import { connect } from "node:http2";
import { test } from "node:test";
import { Client, type ClientDuplexStream, credentials, Metadata, status } from "@grpc/grpc-js";
import { COALESCE_BYTES, FRAME, frameBytes, MAX_MESSAGE_FRAMES, writeFrame } from "./frame.ts";
import { eventually } from "@swarmpost/testkit";
import { LinkError, type LinkHandler, LocalLinkServer, openLocalLink } from "./index.ts";
import { LINK_PATH, raw, rawLinkServer } from "./test-raw-server.ts";

function frame(type: number, id: number, payload: Uint8Array): Buffer {
  const message = Buffer.alloc(frameBytes(type, payload.length));
  writeFrame(message, 0, { type, kind: 1, id, deadlineMs: type === FRAME.request ? 30_000 : 0, payload });
  return message;
}

async function withRawCaller(handler: LinkHandler, use: (stream: ClientDuplexStream<Buffer, Buffer>) => Promise<void>) {
  await using server = new LocalLinkServer({ host: "127.0.0.1", port: 0, graceMs: 50 }, handler);
  await server.listen();
  const client = new Client(server.address, credentials.createInsecure());
  const stream = client.makeBidiStreamRequest<Buffer, Buffer>(LINK_PATH, raw, raw, new Metadata());
  stream.on("error", () => {});
  try {
    await use(stream);
  } finally {
    stream.cancel();
    client.close();
  }
}

/** gRPC's own prefix: not compressed, length. */
function grpcMessage(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function statusOf(stream: ClientDuplexStream<Buffer, Buffer>): Promise<number> {
  stream.resume();
  return new Promise((resolve) => stream.once("status", ({ code }) => resolve(code)));
}

test("a malformed or overfull message, or an answer where a request belongs, ends the link and reaches no handler", async () => {
  const handled = Promise.withResolvers<string>();
  const tell: LinkHandler = async () => {
    handled.resolve("handled");
    return Buffer.alloc(0);
  };
  const cut = frame(FRAME.request, 1, Buffer.from("hello")).subarray(0, 12);
  const empty = frame(FRAME.request, 1, Buffer.alloc(0));
  const half = frame(FRAME.request, 1, Buffer.alloc(COALESCE_BYTES / 2));
  for (const message of [
    Buffer.concat(Array<Buffer>(MAX_MESSAGE_FRAMES + 1).fill(empty)),
    Buffer.concat([half, half]),
    Buffer.alloc(0),
    cut,
    frame(FRAME.response, 1, Buffer.alloc(3)),
    frame(77, 1, Buffer.alloc(3)),
  ]) {
    await withRawCaller(tell, async (stream) => {
      stream.write(message);
      assert.equal(await Promise.race([statusOf(stream), handled.promise]), status.INVALID_ARGUMENT);
    });
  }
});

test("a caller that sends without reading is throttled instead of filling the server's memory", async () => {
  let answered = 0;
  const megabyte = Buffer.alloc(1024 * 1024);
  await using server = new LocalLinkServer({ host: "127.0.0.1", port: 0, graceMs: 50 }, async () => {
    answered += 1;
    return megabyte;
  });
  await server.listen();
  const session = connect(`http://${server.address}`);
  const headers = { ":method": "POST", ":path": LINK_PATH, "content-type": "application/grpc", te: "trailers" };
  const stream = session.request(headers);
  stream.on("error", () => {});
  await new Promise((resolve) => stream.once("response", resolve));
  for (let id = 1; id <= 5_000; id += 1) stream.write(grpcMessage(frame(FRAME.request, id, Buffer.alloc(100))));
  let last = 0;
  const stopped = () => {
    const before = last;
    last = answered;
    return answered > 0 && answered === before;
  };
  await eventually(stopped, { intervalMs: 100 });
  assert.ok(answered < 500, `${answered} answers hoarded`);
  session.destroy();
});

test("a cancel reaches no request that was answered, and of two with one id the one that waits", async () => {
  const signals: AbortSignal[] = [];
  const handler: LinkHandler = async ({ payload, signal }) => {
    signals.push(signal);
    if (payload.length > 0) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return payload;
  };
  await withRawCaller(handler, async (stream) => {
    let answers = 0;
    stream.on("data", () => {
      answers += 1;
    });
    stream.write(frame(FRAME.request, 1, Buffer.alloc(0)));
    await eventually(() => answers === 1);
    stream.write(frame(FRAME.cancel, 1, Buffer.alloc(0)));
    // Two of one id: the first is answered while the second waits.
    stream.write(
      Buffer.concat([frame(FRAME.request, 2, Buffer.alloc(0)), frame(FRAME.request, 2, Buffer.from("waits"))]),
    );
    await eventually(() => answers === 2);
    stream.write(frame(FRAME.cancel, 2, Buffer.alloc(0)));
    await eventually(() => signals[2]?.aborted === true);
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [false, false, true],
    );
  });
});

test("a request that waits does not hold the message that brought it among others", async () => {
  const waits: Buffer[] = [];
  const handler: LinkHandler = async ({ payload, signal }) => {
    if (payload.length > 100) return Buffer.alloc(0);
    waits.push(payload);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return Buffer.alloc(0);
  };
  await withRawCaller(handler, async (stream) => {
    const [small, large] = [Buffer.from("waits"), Buffer.alloc(200 * 1024)];
    stream.write(Buffer.concat([frame(FRAME.request, 1, large), frame(FRAME.request, 2, small)]));
    await eventually(() => waits.length === 1);
    assert.equal(waits[0]?.toString(), "waits");
    assert.ok((waits[0]?.buffer.byteLength ?? 0) < 1_024);
  });
});

test("a server that sends nonsense loses the link, and the requests on it are lost, not repeated", async () => {
  let messages = 0;
  using server = await rawLinkServer((_message, call) => {
    messages += 1;
    call.write(Buffer.from("nonsense"));
  });
  await using client = openLocalLink(server.address);
  await assert.rejects(client.request(1, Buffer.alloc(1), { deadlineMs: 2_000 }), (error: LinkError) => {
    assert.equal(error.code, "lost");
    return true;
  });
  assert.equal(messages, 1);
});
