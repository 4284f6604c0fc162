import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChannelKey, generateSeed, type NodeKeys, nodeKeysFromSeed, serverChannelKey } from "@swarmpost/crypto";
import * as fc from "fast-check";
import { buildOnion, encodeFinalReply, type InnerLayer, OnionError, type OnionLayer } from "./index.ts";
import { parseInner, parseOnionRequest } from "./index.ts";

const keys = Array.from({ length: 4 }, () => nodeKeysFromSeed(generateSeed()));
const hop = (node: NodeKeys) => ({ pubkey: node.pubkey, x25519: node.x25519.publicKey });
const path = keys.slice(0, 3).map(hop);
const encTypes = fc.constantFrom("aes-gcm", "aes-cbc", "xchacha20");
const bodies = fc.uint8Array({ maxLength: 4000 });

function openAll(body: Buffer, nodes: readonly NodeKeys[]): { inners: InnerLayer[]; key: ChannelKey } {
  let layer: OnionLayer = parseOnionRequest(body);
  const inners: InnerLayer[] = [];
  let key: ChannelKey | undefined;
  for (const node of nodes) {
    key = serverChannelKey(layer.encType, node.x25519.secretKey, node.x25519.publicKey, layer.ephemeralKey);
    const inner = parseInner(key.open(layer.ciphertext) ?? Buffer.alloc(0));
    inners.push(inner);
    if (inner.kind === "node") layer = inner;
  }
  assert.ok(key);
  return { inners, key };
}

test("an onion to a fourth node passes three relays and its answer comes back to the client only", () => {
  fc.assert(
    fc.property(encTypes, bodies, fc.boolean(), (encType, payload, base64) => {
      const [, , , destination] = keys;
      assert.ok(destination);
      const onion = buildOnion({ path, destination: { kind: "snode", ...hop(destination) }, encType }, payload);
      assert.equal(onion.hops, 4);
      const { inners, key } = openAll(onion.body, keys);
      assert.deepEqual(
        inners.map((inner) => (inner.kind === "node" ? inner.next : inner.kind)),
        [...keys.slice(1).map((node) => node.pubkey), "final"],
      );
      const last = inners.at(-1);
      assert.ok(last?.kind === "final");
      assert.deepEqual(last.body, Buffer.from(payload));
      const reply = encodeFinalReply({ status: 200, body: "é{}" }, { json: false, base64 }, key);
      assert.deepEqual(JSON.parse(onion.open(reply)?.toString("utf8") ?? ""), { status: 200, body: "é{}" });
      assert.equal(
        buildOnion({ path, destination: { kind: "snode", ...hop(destination) } }, payload).open(reply),
        undefined,
      );
    }),
    { numRuns: 40 },
  );
});

test("a path is built by an onion that ends at its own last node with one layer each", () => {
  const last = path[2];
  assert.ok(last);
  const onion = buildOnion({ path, destination: { kind: "snode", ...last } }, Buffer.from("{}"));
  assert.equal(onion.hops, 3);
  const { inners } = openAll(onion.body, keys.slice(0, 3));
  assert.equal(inners.at(-1)?.kind, "final");
});

test("an onion to a server hands the exit the whole plaintext, which the server opens", () => {
  const server = nodeKeysFromSeed(generateSeed()).x25519;
  const destination = {
    kind: "server",
    host: "files.example",
    protocol: "http",
    port: 80,
    x25519: server.publicKey,
  } as const;
  const onion = buildOnion({ path, destination, encType: "aes-gcm" }, Buffer.from("l2:{}e"));
  const exit = openAll(onion.body, keys.slice(0, 3)).inners.at(-1);
  assert.ok(exit?.kind === "server");
  assert.deepEqual([exit.host, exit.port, exit.protocol, exit.target], ["files.example", 80, "http", "/oxen/v4/lsrpc"]);
  const request = parseOnionRequest(exit.plaintext);
  const key = serverChannelKey(request.encType, server.secretKey, server.publicKey, request.ephemeralKey);
  assert.equal(key.open(request.ciphertext)?.toString(), "l2:{}e");
  assert.equal(onion.open(key.seal(Buffer.from("answer")))?.toString(), "answer");
});

test("no onion is built over an empty path or twice over the same node in a row", () => {
  const [first, second] = path;
  assert.ok(first && second);
  const toFirst = { kind: "snode", ...first } as const;
  assert.throws(() => buildOnion({ path: [], destination: toFirst }, Buffer.alloc(0)), OnionError);
  assert.throws(() => buildOnion({ path: [second, second, first], destination: toFirst }, Buffer.alloc(0)), OnionError);
});
