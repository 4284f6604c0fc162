import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer } from "node:net";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import type { NodeContact } from "@swarmpost/network-view";
import { LinkRefusal, nodeCertificate, type PeerIdentity, PeerServer } from "@swarmpost/rpc";
import { Instance } from "./instance.ts";

async function identityOf(seed = generateSeed()): Promise<PeerIdentity> {
  const keys = nodeKeysFromSeed(seed);
  return { keys, certificate: await nodeCertificate(keys) };
}

/** A process with this key that answers every question with what `answer` gives. */
async function serve(identity: PeerIdentity, answer: () => Buffer): Promise<PeerServer> {
  const options = { ...identity, host: "127.0.0.1", port: 0, graceMs: 50 };
  const server = new PeerServer(options, { admit: () => true, handler: async () => answer() });
  await server.listen();
  return server;
}

const portOf = ({ address }: PeerServer): number => Number(address.split(":").at(-1));

function contactOf({ certificate }: PeerIdentity, peerPort: number): NodeContact {
  return { ip: "127.0.0.1", peerPort, certificate } as NodeContact;
}

/** One address with several processes behind it, which take turns. */
async function behindOne(ports: readonly number[]) {
  let turn = 0;
  const balancer = createServer((socket) => {
    const behind = connect(ports[turn++ % ports.length]!, "127.0.0.1");
    for (const end of [socket, behind]) end.on("error", () => end.destroy());
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => balancer.listen(0, "127.0.0.1", resolve));
  return {
    port: (balancer.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => balancer.close(() => resolve())),
  };
}

test("the own answer, another's, and none are told apart", async () => {
  const identity = await identityOf();
  const [own, other] = [new Instance(identity), new Instance(identity)];
  await using served = await serve(identity, () => own.nonce);
  const contact = contactOf(identity, portOf(served));
  assert.deepEqual([await own.answererAt(contact), await other.answererAt(contact)], ["self", "other"]);
  await served[Symbol.asyncDispose]();
  assert.equal(await own.answererAt(contact), "nobody");
});

test("a process that refuses the question, or answers something else, has the key and is another", async () => {
  const identity = await identityOf();
  const own = new Instance(identity);
  const refusing = () => {
    throw new LinkRefusal(404, "no such kind of request");
  };
  for (const answer of [refusing, () => Buffer.alloc(0), () => own.nonce.subarray(1)]) {
    await using served = await serve(identity, answer);
    assert.equal(await own.answererAt(contactOf(identity, portOf(served))), "other");
  }
});

test("somebody else's node at the address is nobody with this key", async () => {
  const [identity, stranger] = [await identityOf(), await identityOf()];
  await using served = await serve(stranger, () => Buffer.alloc(16));
  assert.equal(await new Instance(identity).answererAt(contactOf(identity, portOf(served))), "nobody");
});

test("of several processes behind one address another is found whoever answers first", async () => {
  const identity = await identityOf();
  const [own, other] = [new Instance(identity), new Instance(identity)];
  await using first = await serve(identity, () => own.nonce);
  await using second = await serve(identity, () => other.nonce);
  for (const ports of [
    [portOf(first), portOf(second)],
    [portOf(second), portOf(first)],
    [portOf(first), portOf(first), portOf(first), portOf(second)],
  ]) {
    await using address = await behindOne(ports);
    assert.equal(await own.answererAt(contactOf(identity, address.port)), "other");
  }
});
