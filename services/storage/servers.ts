import type { Pubkey } from "@swarmpost/crypto";
import { LocalLinkServer, type PeerIdentity, PeerServer } from "@swarmpost/rpc";
import { errorFields, RequestLogs, type Runtime } from "@swarmpost/runtime";
import type { StorageConfig } from "./config.ts";
import type { StorageMetrics } from "./metrics.ts";
import type { NodeView } from "./node-view.ts";
import { replicaHandler } from "./replica-handler.ts";
import type { StorageNode } from "./storage-node.ts";
import { storageRpcHandler } from "./storage-rpc-server.ts";

/** What the servers serve. */
export interface ServedParts {
  readonly runtime: Runtime;
  readonly node: StorageNode;
  readonly view: NodeView;
  readonly metrics: StorageMetrics;
  readonly identity: PeerIdentity;
  /** Whether a peer may connect. */
  readonly admit: (peer: Pubkey) => boolean;
}

/** The two doors of a storage. Disposal refuses what is new and lets what is under way end: clients first, then members. */
export interface Servers extends AsyncDisposable {
  readonly peers: PeerServer;
  readonly local: LocalLinkServer;
}

/** Opens the replica port and the link for the relay. */
export async function openServers(config: StorageConfig, parts: ServedParts): Promise<Servers> {
  await using stack = new AsyncDisposableStack();
  const { runtime, node, metrics, identity, admit } = parts;
  // Members are told of a stop before they are turned away: `closing` comes after that, the signal before.
  let closing = false;
  const draining = () => closing || runtime.signal.aborted;
  const onError = (error: unknown) => runtime.logger.error("request_failed", errorFields(error));
  const peers = stack.use(
    new PeerServer(
      { host: config.HOST, port: config.REPLICA_PORT, ...identity, onError },
      { admit, handler: replicaHandler(node.replicaMethods, { draining: () => closing }) },
    ),
  );
  await peers.listen();
  runtime.health.check("storage", () => (draining() ? "shutting down" : undefined));
  const handler = storageRpcHandler({
    run: (request, caller) => node.run(request, caller),
    height: () => Number(parts.view.current.height),
    // A node that still pulls serves all the same: only what waits for whole data, a rolling update, reads that part.
    notReady: () => {
      const reasons = runtime.health.reasons().filter((reason) => !reason.startsWith("data: "));
      return reasons.join("; ");
    },
    draining,
    onAnswer: (method, status, startedMs) => metrics.answered(method, status, startedMs),
    logs: new RequestLogs(runtime.logger),
  });
  const local = stack.use(new LocalLinkServer({ host: config.LOCAL_HOST, port: config.LOCAL_PORT, onError }, handler));
  await local.listen();
  stack.defer(() => {
    closing = true;
  });
  const opened = stack.move();
  return { peers, local, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
