import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { serverChannelKey, x25519KeyPair } from "@swarmpost/crypto";
import { buildOnion, decodeV4Request, encodeV4Request, encodeV4Response, parseOnionRequest } from "@swarmpost/onion";
import { httpsCertificate } from "@swarmpost/rpc";
import { createServer as createTlsServer } from "node:https";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

const keys = x25519KeyPair();
let server: Server;
let tls: Server;
let network: RelayNetwork;
let guard: TestRelay;
let status = 200;
const seen: { readonly head: IncomingMessage; readonly body: Buffer }[] = [];
let hold: Promise<void> | undefined;

before(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    seen.push({ head: request, body });
    await hold;
    const layer = parseOnionRequest(body);
    const key = serverChannelKey(layer.encType, keys.secretKey, keys.publicKey, layer.ephemeralKey);
    const { endpoint } = decodeV4Request(key.open(layer.ciphertext) ?? Buffer.alloc(0));
    const answer = encodeV4Response({ code: 200, headers: {}, body: Buffer.from(endpoint) });
    response.writeHead(status, status === 302 ? { location: "http://127.0.0.1:1/" } : {}).end(key.seal(answer));
  });
  const certificate = await httpsCertificate();
  tls = createTlsServer(certificate, (_request, response) => response.end("no")) as unknown as Server;
  server.listen(0, "127.0.0.1");
  tls.listen(0, "127.0.0.1");
  await Promise.all([once(server, "listening"), once(tls, "listening")]);
  const config = {
    EXIT_ALIASES: [
      ...[1, port(server)].map((at) => `127.0.0.1:${at}=http://127.0.0.1:${at}`),
      `127.0.0.1:${port(tls)}=https://127.0.0.1:${port(tls)}`,
      `files.example.org=http://127.0.0.1:${port(server)}`,
    ].join(","),
    EXIT_TIMEOUT_MS: "1500",
  };
  network = await RelayNetwork.start({ nodes: 3, config });
  [guard] = network.relays as [TestRelay];
});

after(async () => {
  await network[Symbol.asyncDispose]();
  for (const each of [server, tls]) {
    each.closeAllConnections();
    each.close();
  }
});

function port(of: Server): number {
  return (of.address() as AddressInfo).port;
}

interface Out {
  readonly host?: string;
  readonly port?: number;
  readonly protocol?: "http" | "https";
  readonly target?: string;
}

function out({ host = "127.0.0.1", port: at = port(server), protocol = "http", target = "/oxen/v4/lsrpc" }: Out = {}) {
  const path = network.relays.map((relay) => relay.hop);
  const destination = { kind: "server", host, port: at, protocol, target, x25519: keys.publicKey } as const;
  return buildOnion({ path, destination }, encodeV4Request({ method: "GET", endpoint: "/room", headers: {} }));
}

/** The sealed answer of the exit itself is sealed with a key that only the onion's maker has at that hop: opaque here. */
async function send(onion: { body: Buffer }): Promise<[number, string]> {
  const reply = await network.onion(guard, onion.body);
  return [reply.status, reply.body.toString()];
}

test("an onion leaves to a listed server, whole, and its sealed answer comes back untouched", async () => {
  const onion = out();
  const reply = await network.onion(guard, onion.body);
  assert.equal(reply.status, 200);
  assert.match(onion.open(reply.body)?.toString() ?? "", /5:\/room/);
  const { head } = seen.at(-1) ?? assert.fail("nothing came");
  assert.equal(head.method, "POST");
  assert.equal(head.url, "/oxen/v4/lsrpc");
  assert.equal(head.headers["content-type"], "application/octet-stream");
  assert.equal(head.headers["user-agent"], "Oxen Storage Server/2.11.0");
});

test("a public name of an alias leads to the server inside, by both versions of the onion endpoint", async () => {
  for (const target of ["/oxen/v4/lsrpc", "/oxen/v3/lsrpc", "/loki/v3/lsrpc"]) {
    const onion = out({ host: "files.example.org", port: 443, protocol: "https", target });
    const reply = await network.onion(guard, onion.body);
    assert.match(onion.open(reply.body)?.toString() ?? "", /5:\/room/);
    assert.equal(seen.at(-1)?.head.url, target);
  }
});

test("a server's own error status passes, a redirect is not followed and is no status that clients know", async () => {
  status = 404;
  assert.equal((await send(out()))[0], 404);
  status = 302;
  assert.equal((await send(out()))[0], 500);
  status = 200;
});

test("a server that answers too late ends in 504, one that is down in 502", async () => {
  const late = Promise.withResolvers<void>();
  hold = late.promise;
  assert.deepEqual(await send(out()), [504, "Request time out"]);
  late.resolve();
  hold = undefined;
  assert.equal((await send(out({ port: 1 })))[0], 502);
});

test("a server whose certificate does not verify is not spoken to", async () => {
  assert.deepEqual(await send(out({ port: port(tls), protocol: "https" })), [502, "Could not reach the server"]);
});

test("nothing inside can be reached, by address or by a name that resolves to it", async () => {
  const before = seen.length;
  const open = createServer((_request, response) => response.end("inside"));
  open.listen(0, "127.0.0.1");
  await once(open, "listening");
  for (const host of ["127.0.0.1", "localhost"]) {
    const onion = out({ host, port: port(open) });
    const [code, text] = await send(onion);
    // The refusal is for the client's eyes: sealed with the exit's layer key.
    assert.equal(code, 200);
    assert.match(text, /^[A-Za-z0-9+/=]+$/);
    assert.doesNotMatch(text, /inside/);
  }
  assert.match(await (network.relays[2] as TestRelay).runtime.metrics.render(), /exits_total\{result="refused"\} 2/);
  assert.equal(seen.length, before);
  open.close();
});

test("a path that is not an onion endpoint is refused", async () => {
  assert.equal((await send(out({ target: "/admin" })))[0], 200);
  assert.match(await (network.relays[2] as TestRelay).runtime.metrics.render(), /exits_total\{result="refused"\} 3/);
});
