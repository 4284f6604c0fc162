import { type Bus, openBus } from "@swarmpost/bus";
import { nodeKeysFromSeed, type Pubkey } from "@swarmpost/crypto";
import { followNetwork, type ViewFollower } from "@swarmpost/network-view";
import { nodeCertificate, PeerLinks } from "@swarmpost/rpc";
import { type BusConfig, readClusterTls, type Runtime } from "@swarmpost/runtime";
import { Background } from "./background.ts";
import type { StorageConfig } from "./config.ts";
import { replicaContacts } from "./contacts.ts";
import { NodeView } from "./node-view.ts";
import { storageMetrics } from "./metrics.ts";
import { openStorageData } from "./storage-data.ts";
import { openServers } from "./servers.ts";
import { StorageNode } from "./storage-node.ts";

/** The outside connections that the one-process network and tests replace. */
export interface StorageOpen {
  readonly bus?: (config: BusConfig) => Promise<Bus>;
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
  const keys = nodeKeysFromSeed(Buffer.from(config.NODE_SEED, "hex"));
  const metrics = storageMetrics(runtime.metrics);
  const data = stack.use(await openStorageData(config, { runtime, metrics, keys }));
  const follower = stack.use(await (open.view?.() ?? followed(config, runtime, open, stack)));
  const view = new NodeView(keys.pubkey, follower);
  const identity = { keys, certificate: await nodeCertificate(keys) };
  const links = stack.use(new PeerLinks(identity, { contact: replicaContacts(view) }));
  const node = new StorageNode(config, { runtime, data, view, links, keys, metrics });
  await node.load();
  // What this node lacks must be known before anybody can ask it.
  node.handoff.viewChanged();
  const admit = (peer: Pubkey) => view.current.registered(peer) && (open.admit?.(peer) ?? true);
  const background = stack.use(new Background(runtime.logger));
  const { peers, local } = stack.use(await openServers(config, { runtime, node, view, metrics, identity, admit }));

  watchHealth(runtime, { node, follower, view });
  const viewChanged = () => {
    peers.readmit();
    links.refresh();
    node.viewChanged(view);
  };
  stack.defer(view.onChange(viewChanged));
  viewChanged();
  node.work(background);
  // A fault that `open.admit` stands for begins and ends without a new view.
  if (open.admit) background.repeat({ name: "readmit", everyMs: 500, run: async () => peers.readmit() });
  const { address: localAddress } = local;
  const { address: replicaAddress } = peers;
  const parts = stack.move();
  const stop = async () => {
    await node.leave();
    await parts.disposeAsync();
  };
  return { localAddress, replicaAddress, node, [Symbol.asyncDispose]: stop };
}

function watchHealth(
  { health }: Runtime,
  { node, follower, view }: { node: StorageNode; follower: ViewFollower; view: NodeView },
): void {
  const { database, lease } = node.data;
  health.check("database", () => (database.healthy() ? lease.reason : "does not answer"));
  health.check("data", () => node.dataReason());
  health.check("network_view", () => follower.ready());
  health.check("swarm", () => (view.ownSwarm === undefined ? "not in a swarm" : undefined));
}

async function followed(
  config: StorageConfig,
  runtime: Runtime,
  open: StorageOpen,
  stack: AsyncDisposableStack,
): Promise<ViewFollower> {
  const bus = stack.use(await (open.bus?.(config) ?? openBus(config, "storage")));
  const sources = {
    chainWatcherAddress: config.CHAIN_WATCHER,
    coordinatorAddress: config.COORDINATOR,
    testSuiteAddress: config.TEST_SUITE,
    tls: readClusterTls(config),
  };
  return followNetwork({ ...sources, bus }, { runtime });
}
