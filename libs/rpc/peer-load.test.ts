import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from "node:http2";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { nodeKeysFromSeed } from "@swarmpost/crypto";
import { FRAME, frameBytes, parseFrames, writeFrame } from "./frame.ts";
import { pem } from "./https-certificate.ts";
import { type LinkHandler, nodeCertificate, PeerLinks, PeerServer } from "./index.ts";
import { nodeKeyPem } from "./node-certificate.ts";

const MIB = 1024 * 1024;
const [alice, bob] = await Promise.all([1, 2].map(identity));

async function identity(fill: number) {
  const keys = nodeKeysFromSeed(Buffer.alloc(32, fill));
  return { keys, certificate: await nodeCertificate(keys) };
}

async function serve(handler: LinkHandler): Promise<PeerServer> {
  const server = new PeerServer(
    { host: "127.0.0.1", port: 0, graceMs: 50, ...(bob as NonNullable<typeof bob>) },
    { admit: () => true, handler },
  );
  await server.listen();
  return server;
}

function portOf(server: PeerServer): number {
  return Number(server.address.split(":")[1]);
}

function linkTo(server: PeerServer): PeerLinks {
  const contact = { host: "127.0.0.1", port: portOf(server), certificate: bob?.certificate as Buffer };
  return new PeerLinks(alice as NonNullable<typeof alice>, { contact: () => contact });
}

/** A caller that speaks HTTP/2 itself and reads only when told to. */
async function rawCaller(server: PeerServer): Promise<{ session: ClientHttp2Session; stream: ClientHttp2Stream }> {
  const socket = connectTls({
    host: "127.0.0.1",
    port: portOf(server),
    key: nodeKeyPem((alice as NonNullable<typeof alice>).keys),
    cert: pem("CERTIFICATE", alice?.certificate as Buffer),
    rejectUnauthorized: false,
    ALPNProtocols: ["h2"],
  });
  await once(socket, "secureConnect");
  const session = connectHttp2("https://node", { createConnection: () => socket });
  session.on("error", () => {});
  const headers = { ":method": "POST", ":path": "/swarmpost.link.v1.LinkService/Link" };
  const stream = session.request({ ...headers, "content-type": "application/grpc", te: "trailers" });
  stream.on("error", () => {});
  await once(stream, "response");
  return { session, stream };
}

/** Empty requests, gathered into one gRPC message. */
function requests(count: number): Buffer {
  const size = frameBytes(FRAME.request, 0);
  const message = Buffer.alloc(5 + count * size);
  message.writeUInt32BE(count * size, 1);
  for (let id = 0; id < count; id += 1) {
    writeFrame(message, 5 + id * size, {
      type: FRAME.request,
      kind: 1,
      id,
      deadlineMs: 60_000,
      payload: Buffer.alloc(0),
    });
  }
  return message;
}

/** The gRPC messages of a stream, which is read only from now on. */
async function* messagesOf(stream: ClientHttp2Stream): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let needed = 5;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    while (bytes >= needed) {
      const all = Buffer.concat(chunks);
      const end = 5 + all.readUInt32BE(1);
      needed = Math.max(end, 5);
      if (bytes < needed) {
        chunks = [all];
        break;
      }
      yield all.subarray(5, end);
      chunks = [all.subarray(end)];
      bytes -= end;
      needed = 5;
    }
  }
}

test("connections of one key share one bound of what is under way", async () => {
  const open = Promise.withResolvers<void>();
  const three = Promise.withResolvers<void>();
  let handled = 0;
  await using server = await serve(async ({ payload }) => {
    if (payload.length === 0) return payload;
    handled += 1;
    if (handled === 3) three.resolve();
    await open.promise;
    return Buffer.alloc(0);
  });
  await using first = linkTo(server);
  await using second = linkTo(server);
  const ask = (links: PeerLinks, bytes: number, deadlineMs: number) =>
    links.request(bob?.keys.pubkey as never, 1, Buffer.alloc(bytes), { deadlineMs });
  await ask(second, 0, 30_000); // connected: what it asks later is sent in time
  const large = Array.from({ length: 3 }, () => ask(first, 11 * MIB, 30_000));
  await three.promise;
  await assert.rejects(ask(second, 1, 300), { code: "timeout" });
  assert.equal(handled, 3, "33 MiB of the same key are under way already");
  open.resolve();
  await Promise.all(large);
  await ask(second, 1, 5_000);
});

test("answers that a peer does not read are refused to it once 64 MiB of them wait", async () => {
  let running = 0;
  const done = Promise.withResolvers<void>();
  await using server = await serve(async () => {
    running += 1;
    if (running === 40) done.resolve();
    return Buffer.alloc(4 * MIB);
  });
  const { session, stream } = await rawCaller(server);
  stream.write(requests(40));
  await done.promise;
  const counts = new Map<number, number>();
  for await (const message of messagesOf(stream)) {
    for (const { type } of parseFrames(message) ?? []) counts.set(type, (counts.get(type) ?? 0) + 1);
    if ([...counts.values()].reduce((sum, count) => sum + count) === 40) break;
  }
  const answers = counts.get(FRAME.response) ?? 0;
  assert.ok(answers >= 15 && answers <= 17, `${answers} answers were kept`);
  assert.equal(counts.get(FRAME.refusal), 40 - answers);
  session.destroy();
});

test("a connection of a peer carries one stream", async () => {
  await using server = await serve(async ({ payload }) => payload);
  const { session } = await rawCaller(server);
  assert.equal(session.remoteSettings.maxConcurrentStreams, 1);
  session.destroy();
});
