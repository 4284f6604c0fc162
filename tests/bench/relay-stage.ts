import { generateSeed, type NodeKeys, nodeKeysFromSeed } from "@swarmpost/crypto";
import type { OnionHop } from "@swarmpost/onion";
import { LocalLinkServer, nodeCertificate, PeerLinks, PeerServer } from "@swarmpost/rpc";
import { sparePort, startNats, startRedis } from "@swarmpost/testkit";
import type { ServiceOptions } from "./options.ts";
import { type ServiceProcess, startService } from "./service-process.ts";
import { StandInSources } from "./stand-in-sources.ts";

/** Bytes of a sealed answer to a store, as the next node hands it back. */
const ANSWER_BYTES = 2_600;
const unlimited = "1000000";

/** A relay process with real NATS and Redis; the nodes before and behind it are this process. */
export interface RelayStage extends AsyncDisposable {
  readonly relay: ServiceProcess;
  readonly keys: NodeKeys;
  readonly hop: OnionHop;
  /** The node that the relay sends on to. */
  readonly next: OnionHop;
  /** `https://host:port` for clients. */
  readonly url: string;
  /** Brings a frame to the relay as the node before it would; the answer as on the wire. */
  readonly send: (frame: Buffer) => Promise<Buffer>;
}

/** Starts a relay that is ready: its storage, the node before it and the node behind it are stand-ins of this process. */
export async function startRelayStage(options: ServiceOptions): Promise<RelayStage> {
  await using stack = new AsyncDisposableStack();
  const [nats, redis] = [stack.use(await startNats()), stack.use(await startRedis())];
  const seed = generateSeed();
  const keys = nodeKeysFromSeed(seed);
  const [before, next] = [nodeKeysFromSeed(generateSeed()), nodeKeysFromSeed(generateSeed())];
  const [httpsPort, peerPort] = [await sparePort(), await sparePort()];
  const nextPort = await servePeer(next, stack);
  const shown = { replicaPort: 1, peerPort: 1 };
  const sources = stack.use(
    await StandInSources.open([
      { ...shown, keys, swarm: 0n, peerPort },
      { ...shown, keys: next, peerPort: nextPort },
      { ...shown, keys: before },
    ]),
  );
  const settings = {
    NODE_SEED: seed.toString("hex"),
    PUBLIC_IP: "127.0.0.1",
    HOST: "127.0.0.1",
    HTTPS_PORT: String(httpsPort),
    PEER_PORT: String(peerPort),
    STORAGE_ADDRESS: await serveStorage(stack),
    BUS_URL: nats.url,
    REDIS_URL: redis.url,
    CHAIN_WATCHER: sources.address,
    COORDINATOR: sources.address,
    TEST_SUITE: sources.address,
    RATE_NODE_BURST: unlimited,
    RATE_NODE_PER_SECOND: unlimited,
  };
  const relay = stack.use(await startService("relay", settings, options));
  const send = await openPeer(before, { keys, peerPort }, stack);
  const parts = stack.move();
  return {
    relay,
    keys,
    hop: { pubkey: keys.pubkey, x25519: keys.x25519.publicKey },
    next: { pubkey: next.pubkey, x25519: next.x25519.publicKey },
    url: `https://127.0.0.1:${httpsPort}`,
    send,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** A node that answers every layer with 200 and bytes; only its port is of interest. */
async function servePeer(keys: NodeKeys, stack: AsyncDisposableStack): Promise<number> {
  const answer = Buffer.concat([Buffer.of(200, 0), Buffer.alloc(ANSWER_BYTES, "A")]);
  const options = { keys, certificate: await nodeCertificate(keys), host: "127.0.0.1", port: 0 };
  const server = stack.use(new PeerServer(options, { admit: () => true, handler: async () => answer }));
  await server.listen();
  return Number(server.address.split(":").at(-1));
}

/** A storage that is always ready: an empty answer gives no reason against it. */
async function serveStorage(stack: AsyncDisposableStack): Promise<string> {
  const server = stack.use(new LocalLinkServer({ host: "127.0.0.1", port: 0 }, async () => Buffer.alloc(0)));
  await server.listen();
  return server.address;
}

async function openPeer(
  own: NodeKeys,
  relay: { keys: NodeKeys; peerPort: number },
  stack: AsyncDisposableStack,
): Promise<(frame: Buffer) => Promise<Buffer>> {
  const certificate = await nodeCertificate(relay.keys);
  const contact = { host: "127.0.0.1", port: relay.peerPort, certificate };
  const identity = { keys: own, certificate: await nodeCertificate(own) };
  const links = stack.use(new PeerLinks(identity, { contact: () => contact }));
  return (frame) => links.request(relay.keys.pubkey, ONION_HOP, frame, { deadlineMs: 10_000 });
}

/** Kind of an onion layer on a peer link (docs/protocol/peer-link.md). */
const ONION_HOP = 1;
