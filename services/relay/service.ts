import { nodeKeysFromSeed, type Pubkey } from "@swarmpost/crypto";
import { NodeService, ProofService } from "@swarmpost/protos";
import {
  createClient,
  GrpcServer,
  implement,
  nodeCertificate,
  openChannel,
  openLocalLink,
  PeerLinks,
  PeerServer,
} from "@swarmpost/rpc";
import { errorFields, readClusterTls, type Runtime } from "@swarmpost/runtime";
import type { RelayConfig } from "./config.ts";
import { edgeCertificate } from "./edge-certificate.ts";
import { EdgeServer } from "./edge-server.ts";
import { edgeOptionsOf, makeLimiter, makeOnionRelay, makeWork, publicPorts } from "./from-config.ts";
import { relayGauges } from "./gauges.ts";
import { relayMetrics } from "./metrics.ts";
import { nodeService } from "./node-service.ts";
import { followSources, type RelayOpen, realOnes } from "./open.ts";
import { peerContacts } from "./peer-contacts.ts";
import { peerHandler } from "./peer-endpoint.ts";
import { addressFinder, PublicAddress } from "./public-address.ts";
import { Readiness } from "./readiness.ts";
import { followAdmission } from "./readmission.ts";
import { routes } from "./routes.ts";
import { SeedAnswers } from "./seed-answers.ts";
import type { Serving } from "./serving.ts";
import { StorageRpc } from "./storage-rpc.ts";

/** The running service. */
export interface RelayService extends AsyncDisposable {
  readonly pubkey: Pubkey;
  /** Ports as bound. */
  readonly httpsPort: number;
  readonly peerPort: number;
  /** Where NodeService is served, host:port. */
  readonly address: string;
}

/**
 * Starts the relay of one node. It listens at once and says why it is not ready until its node is registered and in a
 * swarm and its storage answers.
 * @throws RelayError `bad-config`, or a system error when a port is in use.
 */
export async function createRelay(
  config: RelayConfig,
  runtime: Runtime,
  open: RelayOpen = realOnes,
): Promise<RelayService> {
  await using stack = new AsyncDisposableStack();
  const keys = nodeKeysFromSeed(Buffer.from(config.NODE_SEED, "hex"));
  const certificate = await nodeCertificate(keys);
  const metrics = relayMetrics(runtime.metrics);
  const tls = readClusterTls(config);
  const work = makeWork(config);
  const address = stack.use(await PublicAddress.open(await addressFinder(config), runtime));

  const bus = stack.use(await open.bus(config.BUS_URL));
  const cache = stack.use(await open.cache(config.REDIS_URL, runtime));
  const follower = stack.use(await (open.view ?? followSources)(config, bus, runtime));
  const view = () => follower.current;
  const proofs = createClient(ProofService, stack.use(openChannel(config.TEST_SUITE, { tls })));
  const storage = new StorageRpc(stack.use(openLocalLink(config.STORAGE_ADDRESS)));
  const readiness = stack.use(new Readiness(keys.pubkey, { view: follower, storage }));
  relayGauges(runtime.metrics, { cache, work: Object.values(work), readiness });

  const { admit = () => true } = open;
  const registered = (peer: Pubkey): boolean => view().registered(peer) && admit(peer);
  const peers = { contact: peerContacts(view, admit), admit: registered };
  const links = stack.use(new PeerLinks({ keys, certificate }, peers));
  const limiter = makeLimiter(config, { keys, clients: cache });
  const onionParts = { keys, cache, storage, links, view, metrics, clock: runtime.clock, exits: work.exits, stack };
  const onions = makeOnionRelay(config, onionParts);
  const jsonRpc = { seeds: new SeedAnswers({ keys }, runtime), view };
  const shared = { ...onionParts, certificate, config, runtime, readiness, follower, registered, address, tls };
  const served = await serve({ ...shared, admit: open.admit, limiter, onions, jsonRpc, storage, proofs, work });

  readiness.opened();
  runtime.health.check("public address", () => address.reason());
  runtime.health.check("network view", () => readiness.viewReason());
  runtime.health.check("storage", () => readiness.storageReason());
  const opened = stack.move();
  return { ...served, pubkey: keys.pubkey, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function serve(parts: Serving): Promise<Pick<RelayService, "httpsPort" | "peerPort" | "address">> {
  const { config, keys, certificate, metrics, runtime, links, registered, stack, work } = parts;
  const onError = (error: unknown): void => runtime.logger.error("request_failed", errorFields(error));
  const peerOptions = { keys, certificate, host: config.HOST, port: config.PEER_PORT, onError };
  const peers = stack.use(
    new PeerServer(peerOptions, { admit: registered, handler: peerHandler({ ...parts, work: work.peers }) }),
  );
  const served = { routes: routes({ ...parts, limited: metrics.limited }), work: work.clients };
  const edgeParts = { ...served, waitMs: config.HOP_TIMEOUT_MS, metrics, onError };
  const edge = stack.use(new EdgeServer({ ...edgeOptionsOf(config), ...(await edgeCertificate(config)) }, edgeParts));
  const grpcOptions = { host: config.GRPC_HOST, port: config.GRPC_PORT, tls: parts.tls };
  const grpc = stack.use(new GrpcServer({ ...grpcOptions, onError: (_method, error) => onError(error) }));
  const ports = () => ({ httpsPort: edge.port, peerPort: Number(peers.address.split(":").at(-1)) });
  const contact = () => ({ ip: parts.address.ip, ...publicPorts(config, ports()), certificate });
  implement(grpc, NodeService, nodeService({ ...parts, contact, clock: runtime.clock }));
  const readmit = () => {
    peers.readmit();
    links.refresh();
  };
  stack.use(followAdmission(readmit, parts));
  await Promise.all([peers.listen(), edge.listen(), grpc.listen()]);
  return { ...ports(), address: grpc.address };
}
