import type { Cache } from "@swarmpost/cache";
import type { Pubkey } from "@swarmpost/crypto";
import type { NetworkView, ViewFollower } from "@swarmpost/network-view";
import { ProofService } from "@swarmpost/protos";
import { type Client, createClient, openChannel, openLocalLink, type PeerIdentity, PeerLinks } from "@swarmpost/rpc";
import { type ClusterTls, readClusterTls, type Runtime } from "@swarmpost/runtime";
import type { RelayConfig } from "./config.ts";
import { configuredAddress, followSources, type RelayOpen } from "./open.ts";
import { type Admit, peerContacts } from "./peer-contacts.ts";
import type { PublicAddress } from "./public-address.ts";
import { StorageRpc } from "./storage-rpc.ts";

/** Everything outside its process that a relay asks. */
export interface Sources {
  readonly tls: ClusterTls | undefined;
  readonly address: PublicAddress;
  readonly cache: Cache;
  readonly follower: ViewFollower;
  readonly view: () => NetworkView;
  readonly proofs: Client<typeof ProofService>;
  readonly storage: StorageRpc;
  /** Links to the relays of other nodes. */
  readonly links: PeerLinks;
  /** Which keys may be called and may call. */
  readonly registered: Admit;
}

/**
 * Connects a relay with its surroundings; `stack` takes what must be disposed.
 * @throws ConfigError or RelayError `bad-config`
 */
export async function openSources(
  config: RelayConfig,
  parts: { identity: PeerIdentity; runtime: Runtime; open: RelayOpen; stack: AsyncDisposableStack },
): Promise<Sources> {
  const { identity, runtime, open, stack } = parts;
  const tls = readClusterTls(config);
  const address = stack.use(await (open.address ?? configuredAddress)(config, runtime));
  const bus = stack.use(await open.bus(config));
  const cache = stack.use(await open.cache(config.REDIS_URL, runtime));
  const follower = stack.use(await (open.view ?? followSources)(config, bus, runtime));
  const view = () => follower.current;
  const proofs = createClient(ProofService, stack.use(openChannel(config.TEST_SUITE, { tls })));
  const storage = new StorageRpc(stack.use(openLocalLink(config.STORAGE_ADDRESS)));
  const { admit = () => true } = open;
  const registered = (peer: Pubkey): boolean => view().registered(peer) && admit(peer);
  const links = stack.use(new PeerLinks(identity, { contact: peerContacts(view, admit), admit: registered }));
  return { tls, address, cache, follower, view, proofs, storage, links, registered };
}
