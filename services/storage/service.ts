import { type Bus, connectNats } from "@swarmpost/bus";
import { nodeKeysFromSeed, type Pubkey } from "@swarmpost/crypto";
import { followNetwork, type ViewFollower } from "@swarmpost/network-view";
import { LocalLinkServer, nodeCertificate, PeerLinks, PeerServer } from "@swarmpost/rpc";
import { errorFields, type Runtime } from "@swarmpost/runtime";
import { Background } from "./background.ts";
import type { StorageConfig } from "./config.ts";
import { replicaContacts } from "./contacts.ts";
import { NodeView } from "./node-view.ts";
import { openStorageData } from "./storage-data.ts";
import { storageMetrics } from "./metrics.ts";
import { replicaHandler } from "./replica-handler.ts";
import { StorageNode } from "./storage-node.ts";
import { storageRpcHandler } from "./storage-rpc-server.ts";

/** The outside connections that the one-process network and tests replace. */
export interface StorageOpen {
  readonly bus?: (url: string) => Promise<Bus>;
  /** Instead of following chain-watcher, swarm-coordinator and test-suite. */
  readonly view?: () => Promise<ViewFollower>;
  /** Lets a registered key in, besides the registry: how a fault cuts nodes off. */
  readonly admit?: (peer: Pubkey) => boolean;
}

/** A running storage. Disposing it drains: what is under way ends, what is new is refused. */
export interface StorageService extends AsyncDisposable {
  /** `host:port` of the link for the relay. */
  readonly localAddress: string;
  /** `host:port` of the replica port. */
  readonly replicaAddress: string;
  /** This node, for tests that look inside. */
  readonly node: StorageNode;
}

/** Starts the storage of one node, in the order in which its parts need each other. */
export async function createStorage(
  config: StorageConfig,
  runtime: Runtime,
  open: StorageOpen = {},
): Promise<StorageService> {
  await using stack = new AsyncDisposableStack();
  const { logger, health, signal } = runtime;
  const keys = nodeKeysFromSeed(Buffer.from(config.NODE_SEED, "hex"));
  const metrics = storageMetrics(runtime.metrics);
  const data = stack.use(await openStorageData(config, { runtime, metrics }));
  const follower = stack.use(await (open.view?.() ?? followed(config, runtime, open, stack)));
  const view = new NodeView(keys.pubkey, follower);
  const identity = { keys, certificate: await nodeCertificate(keys) };
  const links = stack.use(new PeerLinks(identity, { contact: replicaContacts(view) }));
  const node = new StorageNode(config, { runtime, data, view, links, keys, metrics });
  await node.load();

  let draining = false;
  const gate = { draining: () => draining || signal.aborted };
  const onError = (error: unknown) => logger.error("request_failed", errorFields(error));
  const admit = (peer: Pubkey) => view.current.registered(peer) && (open.admit?.(peer) ?? true);
  const background = stack.use(new Background(logger));
  const peers = stack.use(
    new PeerServer(
      { host: config.HOST, port: config.REPLICA_PORT, ...identity, onError },
      { admit, handler: replicaHandler(node.replicaMethods, gate) },
    ),
  );
  await peers.listen();

  health.check("database", () => (data.database.healthy() ? undefined : "does not answer"));
  health.check("network_view", () => follower.ready());
  health.check("swarm", () => (view.ownSwarm === undefined ? "not in a swarm" : undefined));
  health.check("storage", () => (draining ? "shutting down" : undefined));
  const local = stack.use(
    new LocalLinkServer(
      { host: config.LOCAL_HOST, port: config.LOCAL_PORT, onError },
      storageRpcHandler({
        run: (request) => node.run(request),
        notReady: () => health.reasons().join("; "),
        draining: gate.draining,
        onAnswer: metrics.answered,
        onError,
      }),
    ),
  );
  await local.listen();

  stack.defer(
    view.onChange(() => {
      peers.readmit();
      links.refresh();
      node.handoff.viewChanged();
    }),
  );
  node.handoff.viewChanged();
  node.work(background);
  // A fault that `open.admit` stands for begins and ends without a new view.
  if (open.admit) background.repeat({ name: "readmit", everyMs: 500, run: async () => peers.readmit() });
  stack.defer(() => {
    draining = true;
  });
  const parts = stack.move();
  return {
    localAddress: local.address,
    replicaAddress: peers.address,
    node,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function followed(
  config: StorageConfig,
  runtime: Runtime,
  open: StorageOpen,
  stack: AsyncDisposableStack,
): Promise<ViewFollower> {
  const connect = open.bus ?? ((url: string) => connectNats({ url, name: "storage" }));
  const bus = stack.use(await connect(config.BUS_URL));
  const sources = {
    chainWatcherAddress: config.CHAIN_WATCHER,
    coordinatorAddress: config.COORDINATOR,
    testSuiteAddress: config.TEST_SUITE,
  };
  return followNetwork({ ...sources, bus }, { runtime });
}
