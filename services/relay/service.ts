import { nodeKeysFromSeed, type Pubkey } from "@swarmpost/crypto";
import { NodeService } from "@swarmpost/protos";
import { GrpcServer, implement, nodeCertificate, PeerServer } from "@swarmpost/rpc";
import { errorFields, RequestLogs, type Runtime } from "@swarmpost/runtime";
import type { RelayConfig } from "./config.ts";
import { DoppelgangerGuard } from "./doppelganger-guard.ts";
import { Edges } from "./edges.ts";
import { guardOptions, makeLimiter, makeOnionRelay, makeWork, publicPorts } from "./from-config.ts";
import { relayGauges } from "./gauges.ts";
import { Instance } from "./instance.ts";
import { relayMetrics } from "./metrics.ts";
import { nodeService } from "./node-service.ts";
import { type RelayOpen, realOnes } from "./open.ts";
import { peerHandler } from "./peer-endpoint.ts";
import type { PublicAddress } from "./public-address.ts";
import { Readiness } from "./readiness.ts";
import { followAdmission } from "./readmission.ts";
import { SeedAnswers } from "./seed-answers.ts";
import type { Serving } from "./serving.ts";
import { openSources } from "./sources.ts";

/** The running service. */
export interface RelayService extends AsyncDisposable {
  readonly pubkey: Pubkey;
  /** Ports as bound. */
  readonly httpsPort: number;
  /** Where seed questions are answered in the clear; undefined when nowhere. */
  readonly seedHttpPort: number | undefined;
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
  const identity = { keys, certificate: await nodeCertificate(keys) };
  const metrics = relayMetrics(runtime.metrics);
  const work = makeWork(config);
  const sources = await openSources(config, { identity, runtime, open, stack });
  const { cache, follower, storage, view } = sources;

  const readiness = stack.use(new Readiness(keys.pubkey, { view: follower, storage }));
  const instance = new Instance(identity);
  const limiter = makeLimiter(config, { keys, clients: cache });
  const onionParts = { ...sources, keys, metrics, clock: runtime.clock, exits: work.exits, stack };
  const onions = makeOnionRelay(config, onionParts);
  const jsonRpc = { seeds: new SeedAnswers({ keys }, runtime), view };
  const logs = new RequestLogs(runtime.logger);
  const shared = { ...onionParts, ...identity, config, runtime, readiness, instance, limiter, onions, jsonRpc, work };
  const served = await serve({ ...shared, logs, admit: open.admit });

  const guard = stack.use(new DoppelgangerGuard(guardOptions(config, keys.pubkey), { instance, follower, runtime }));
  readiness.opened(guard);
  relayGauges(runtime.metrics, { cache, work: Object.values(work), readiness, guard });
  watchHealth(runtime, { readiness, guard, address: sources.address });
  const opened = stack.move();
  return { ...served, pubkey: keys.pubkey, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function watchHealth(
  { health }: Runtime,
  { readiness, guard, address }: { readiness: Readiness; guard: DoppelgangerGuard; address: PublicAddress },
): void {
  health.check("public address", () => address.reason());
  health.check("network view", () => readiness.viewReason());
  health.check("identity", () => guard.reason());
  health.check("storage", () => readiness.storageReason());
}

async function serve(
  parts: Serving,
): Promise<Pick<RelayService, "httpsPort" | "seedHttpPort" | "peerPort" | "address">> {
  const { config, keys, certificate, metrics, runtime, links, registered, stack, work } = parts;
  const onError = (error: unknown): void => runtime.logger.error("request_failed", errorFields(error));
  const peerOptions = { keys, certificate, host: config.HOST, port: config.PEER_PORT, onError };
  const admit = (peer: Pubkey): boolean => peer === keys.pubkey || registered(peer);
  const peers = stack.use(new PeerServer(peerOptions, { admit, handler: peerHandler({ ...parts, work: work.peers }) }));
  const stopping = () => runtime.health.stopping;
  const edgeParts = { ...parts, limited: metrics.limited, work: work.clients };
  const edges = stack.use(await Edges.make(config, { ...edgeParts, waitMs: config.HOP_TIMEOUT_MS, onError, stopping }));
  const grpcOptions = { host: config.GRPC_HOST, port: config.GRPC_PORT, tls: parts.tls };
  const grpc = stack.use(new GrpcServer({ ...grpcOptions, onError: (_method, error) => onError(error) }));
  const ports = () => ({ httpsPort: edges.httpsPort, peerPort: Number(peers.address.split(":").at(-1)) });
  const contact = () => ({ ip: parts.address.ip, ...publicPorts(config, ports()), certificate });
  implement(grpc, NodeService, nodeService({ ...parts, contact, clock: runtime.clock }));
  const readmit = () => {
    peers.readmit();
    links.refresh();
  };
  stack.use(followAdmission(readmit, parts));
  await Promise.all([peers.listen(), edges.listen(), grpc.listen()]);
  return { ...ports(), seedHttpPort: edges.seedHttpPort, address: grpc.address };
}
