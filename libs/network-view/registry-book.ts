import type { Registry } from "@swarmpost/protos";
import { NetworkViewError } from "./network-view-error.ts";

/** The newest registry seen. Never goes back: a chain-watcher that reads its chain again does not empty the view. */
export class RegistryBook {
  #registry: Registry | undefined;

  get registry(): Registry | undefined {
    return this.#registry;
  }

  /**
   * Takes a registry from an answer or from the bus.
   * @returns whether it is newer than the one known.
   * @throws NetworkViewError "bad-answer" or "other-chain"; the known one then stays.
   */
  take(registry: Registry | undefined): boolean {
    if (registry === undefined) throw new NetworkViewError("bad-answer", "chain-watcher answered without a registry");
    if (registry.nodes.some((node) => node.pubkey.length !== 32))
      throw new NetworkViewError("bad-answer", "the registry names a node by something that is no key");
    const known = this.#registry;
    if (known && !sameChain(known, registry))
      throw new NetworkViewError("other-chain", "the registry is of another chain or contract than before");
    if (known && registry.height <= known.height) return false;
    this.#registry = registry;
    return true;
  }
}

function sameChain(a: Registry, b: Registry): boolean {
  return a.chainId === b.chainId && Buffer.compare(a.contract, b.contract) === 0;
}
