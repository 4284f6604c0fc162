import assert from "node:assert/strict";
import { connect as connectTcp } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { type NodeKeys, nodeKeysFromSeed, type Pubkey } from "@swarmpost/crypto";
import { eventually } from "@swarmpost/testkit";
import {
  httpsCertificate,
  LinkError,
  type LinkErrorCode,
  type LinkHandler,
  nodeCertificate,
  type PeerContact,
  type PeerIdentity,
  PeerLinks,
  PeerServer,
} from "./index.ts";

const limits = { connectTimeoutMs: 2_000, backoffMs: { min: 20, max: 100 } };
const whoAmI: LinkHandler = async ({ peer }) => Buffer.from(peer ?? "nobody");
const second = { deadlineMs: 2_000 };

async function identity(fill: number): Promise<PeerIdentity> {
  const keys: NodeKeys = nodeKeysFromSeed(Buffer.alloc(32, fill));
  return { keys, certificate: await nodeCertificate(keys) };
}

const [alice, bob, mallory] = await Promise.all([identity(1), identity(2), identity(3)]);

async function serve(who: PeerIdentity, admitted: Set<Pubkey>, handler: LinkHandler = whoAmI, port = 0) {
  const server = new PeerServer(
    { host: "127.0.0.1", port, graceMs: 200, ...who },
    { admit: (peer) => admitted.has(peer), handler },
  );
  await server.listen();
  return server;
}

function contactOf(server: PeerServer, certificate?: Buffer): PeerContact {
  const [host = "", port] = server.address.split(":");
  return certificate ? { host, port: Number(port), certificate } : { host, port: Number(port) };
}

function links(who: PeerIdentity, contact: (peer: Pubkey) => PeerContact | undefined): PeerLinks {
  return new PeerLinks({ ...who, limits }, { contact });
}

function coded(code: LinkErrorCode) {
  return (error: unknown) => {
    assert.ok(error instanceof LinkError, String(error));
    assert.equal(error.code, code);
    return true;
  };
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await eventually(async () => assert.ok(await condition(), what), { timeoutMs: 5_000, intervalMs: 5 });
}

test("an admitted peer is answered and the handler knows its verified key", async () => {
  await using server = await serve(bob, new Set([alice.keys.pubkey]));
  await using peers = links(alice, () => contactOf(server, bob.certificate));
  assert.equal((await peers.request(bob.keys.pubkey, 1, Buffer.alloc(0), second)).toString(), alice.keys.pubkey);
  assert.equal(peers.state(bob.keys.pubkey), "up");
});

test("two peers on one server are told apart", async () => {
  await using server = await serve(bob, new Set([alice.keys.pubkey, mallory.keys.pubkey]));
  await using a = links(alice, () => contactOf(server, bob.certificate));
  await using m = links(mallory, () => contactOf(server, bob.certificate));
  const answers = await Promise.all([a, m].map((peers) => peers.request(bob.keys.pubkey, 1, Buffer.alloc(0), second)));
  assert.deepEqual(answers.map(String), [alice.keys.pubkey, mallory.keys.pubkey]);
});

test("a peer that is not registered is refused", async () => {
  let handled = 0;
  await using server = await serve(bob, new Set([alice.keys.pubkey]), async () => {
    handled += 1;
    return Buffer.alloc(0);
  });
  await using peers = links(mallory, () => contactOf(server, bob.certificate));
  await assert.rejects(peers.request(bob.keys.pubkey, 1, Buffer.alloc(0), second), coded("unreachable"));
  assert.equal(handled, 0);
});

test("a server with another key than the expected is refused, pinned or at first contact", async () => {
  let handled = 0;
  await using server = await serve(mallory, new Set([alice.keys.pubkey]), async () => {
    handled += 1;
    return Buffer.alloc(0);
  });
  const { pubkey } = bob.keys;
  await using pinned = links(alice, () => contactOf(server, bob.certificate));
  await assert.rejects(pinned.request(pubkey, 1, Buffer.alloc(0), second), coded("unreachable"));
  await using unpinned = links(alice, () => contactOf(server));
  await assert.rejects(unpinned.request(pubkey, 1, Buffer.alloc(0), second), coded("unreachable"));
  await using misled = links(alice, () => contactOf(server, mallory.certificate));
  await assert.rejects(misled.request(pubkey, 1, Buffer.alloc(0), second), coded("unreachable"));
  await using first = links(alice, () => undefined);
  const at = { pubkey, host: "127.0.0.1", port: contactOf(server).port };
  await assert.rejects(first.requestAt(at, 1, Buffer.alloc(0), second), coded("unreachable"));
  assert.equal(handled, 0);
});

test("first contact needs no certificate, only the right key", async () => {
  await using server = await serve(bob, new Set([alice.keys.pubkey]));
  await using peers = links(alice, () => undefined);
  const at = { pubkey: bob.keys.pubkey, host: "127.0.0.1", port: contactOf(server).port };
  assert.equal((await peers.requestAt(at, 1, Buffer.alloc(0), second)).toString(), alice.keys.pubkey);
});

test("a link made at first contact ends when its node is no longer admitted, and is not made again", async () => {
  const ended = Promise.withResolvers<void>();
  await using server = await serve(bob, new Set([alice.keys.pubkey]), async ({ payload, signal }) => {
    if (payload.length === 0) return payload;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    ended.resolve();
    return payload;
  });
  const registered = new Set([bob.keys.pubkey]);
  await using peers = new PeerLinks(
    { ...alice, limits },
    { contact: () => undefined, admit: (peer) => registered.has(peer) },
  );
  const at = { pubkey: bob.keys.pubkey, host: "127.0.0.1", port: contactOf(server).port };
  await peers.requestAt(at, 1, Buffer.alloc(0), second);
  const open = peers.requestAt(at, 1, Buffer.alloc(1), { deadlineMs: 30_000 });
  open.catch(() => {});
  peers.refresh();
  await peers.requestAt(at, 1, Buffer.alloc(0), second);
  registered.clear();
  peers.refresh();
  await assert.rejects(open, coded("lost"));
  await ended.promise;
  await assert.rejects(peers.requestAt(at, 1, Buffer.alloc(0), second), coded("unreachable"));
});

test("a caller without a certificate, with another kind of key, or with older TLS gets nowhere", async () => {
  await using server = await serve(bob, new Set([alice.keys.pubkey]));
  const port = contactOf(server).port;
  const https = await httpsCertificate();
  const rejectUnauthorized = false;
  for (const options of [{}, { key: https.key, cert: https.cert }, { maxVersion: "TLSv1.2" as const }]) {
    const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized, ALPNProtocols: ["h2"], ...options });
    socket.on("error", () => {});
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
  }
});

test("bytes that are no TLS do not disturb the server", async () => {
  await using server = await serve(bob, new Set([alice.keys.pubkey]));
  const socket = connectTcp(contactOf(server).port, "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  socket.write("GET / HTTP/1.1\r\n\r\n");
  await new Promise((resolve) => socket.once("close", resolve));
  await using peers = links(alice, () => contactOf(server, bob.certificate));
  await peers.request(bob.keys.pubkey, 1, Buffer.alloc(0), second);
});

test("readmit destroys the links of a key that left, and lets it in when it is back", async () => {
  const admitted = new Set([alice.keys.pubkey]);
  await using server = await serve(bob, admitted);
  await using peers = links(alice, () => contactOf(server, bob.certificate));
  const ask = () => peers.request(bob.keys.pubkey, 1, Buffer.alloc(0), second);
  await ask();
  admitted.clear();
  server.readmit();
  await until(
    async () =>
      ask().then(
        () => false,
        () => peers.state(bob.keys.pubkey) === "down",
      ),
    "the link must go down",
  );
  admitted.add(alice.keys.pubkey);
  await until(
    async () =>
      ask().then(
        () => true,
        () => false,
      ),
    "the link must come back",
  );
});

test("a request under way when its key leaves is lost and its handler is told", async () => {
  const admitted = new Set([alice.keys.pubkey]);
  const started = Promise.withResolvers<void>();
  const fired = Promise.withResolvers<void>();
  await using server = await serve(bob, admitted, async ({ signal }) => {
    started.resolve();
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    fired.resolve();
    return Buffer.alloc(0);
  });
  await using peers = links(alice, () => contactOf(server, bob.certificate));
  const request = peers.request(bob.keys.pubkey, 1, Buffer.alloc(0), { deadlineMs: 30_000 });
  request.catch(() => {});
  await started.promise;
  admitted.clear();
  server.readmit();
  await assert.rejects(request, coded("lost"));
  await fired.promise;
});

test("a node that moved is reached at its new contact, a node without one is unreachable", async () => {
  await using here = await serve(bob, new Set([alice.keys.pubkey]), async () => Buffer.from("here"));
  await using there = await serve(bob, new Set([alice.keys.pubkey]), async () => Buffer.from("there"));
  let contact: PeerContact | undefined = contactOf(here, bob.certificate);
  await using peers = links(alice, () => contact);
  const ask = () => peers.request(bob.keys.pubkey, 1, Buffer.alloc(0), second);
  assert.equal((await ask()).toString(), "here");
  contact = contactOf(there, bob.certificate);
  assert.equal((await ask()).toString(), "there");
  contact = undefined;
  await assert.rejects(ask(), coded("unreachable"));
  assert.equal(peers.state(bob.keys.pubkey), "idle");
});

test("a peer that shows another certificate than the pinned one is refused until the pin changes", async () => {
  const { X509CertificateGenerator } = await import("@peculiar/x509");
  const { webcrypto } = await import("node:crypto");
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), bob.keys.ed25519.seed]);
  const keys = {
    privateKey: await webcrypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]),
    publicKey: await webcrypto.subtle.importKey("raw", bob.keys.ed25519.publicKey, "Ed25519", true, ["verify"]),
  };
  const other = await X509CertificateGenerator.createSelfSigned({ name: "CN=renamed", keys: keys as never });
  const renamed = { keys: bob.keys, certificate: Buffer.from(other.rawData) };
  await using server = await serve(renamed, new Set([alice.keys.pubkey]));
  let pin = bob.certificate;
  await using peers = links(alice, () => contactOf(server, pin));
  const ask = () => peers.request(bob.keys.pubkey, 1, Buffer.alloc(0), second);
  await assert.rejects(ask(), coded("unreachable"));
  pin = renamed.certificate;
  assert.equal((await ask()).toString(), alice.keys.pubkey);
});

test("many 1 KiB requests at once over TLS are all answered", async () => {
  await using server = await serve(bob, new Set([alice.keys.pubkey]), async ({ payload }) => payload);
  await using peers = links(alice, () => contactOf(server, bob.certificate));
  const payload = Buffer.alloc(1_024, 7);
  const answers = await Promise.all(
    Array.from({ length: 5_000 }, () => peers.request(bob.keys.pubkey, 1, payload, { deadlineMs: 20_000 })),
  );
  assert.ok(answers.every((answer) => answer.equals(payload)));
});
