import { type Pubkey, pubkey } from "@swarmpost/crypto";
import type { Registry, RegistryBlock } from "@swarmpost/protos";
import { applyBlock } from "@swarmpost/swarm";
import { CoordinatorError } from "./errors.ts";
import { type ChainIdentity, type MapHistory, noHistory } from "./map-history.ts";
import type { StoredMaps } from "./map-store.ts";

/**
 * The swarm map as the blocks of the chain make it. After a restart the first block asked for is the one that the stored
 * map ends with: another hash, or another chain, and the two cannot be reconciled (design rule 10).
 */
export class ChainMap {
  #chain: ChainIdentity | undefined;
  #history: MapHistory;
  #head: bigint;
  #goal: Registry | undefined;
  #recognised = false;
  #upToDate = false;

  constructor(stored: StoredMaps | undefined) {
    this.#chain = stored?.chain;
    this.#history = stored?.history ?? noHistory;
    this.#head = this.#history.current.height;
  }

  /** The maps so far, with the chain they come from; undefined before any registry was seen. */
  get stored(): StoredMaps | undefined {
    return this.#chain && { chain: this.#chain, history: this.#history };
  }

  get history(): MapHistory {
    return this.#history;
  }

  /** Height up to which the chain is known. */
  get head(): bigint {
    return this.#head;
  }

  /** The first block to ask for: the one that the map ends with, to recognise the chain by it. */
  get fromHeight(): bigint {
    return this.#history.current.height;
  }

  /** Whether the map holds everything that the registry held at the last `begin`. */
  get upToDate(): boolean {
    return this.#upToDate;
  }

  /**
   * A new stream of blocks begins; the registry says how far it will come.
   * @throws CoordinatorError "chain-contradicts" or "bad-registry"
   */
  begin(registry: Registry | undefined): void {
    if (!registry) throw new CoordinatorError("bad-registry", "chain-watcher answered without a registry");
    const chain = { chainId: registry.chainId, contract: Buffer.from(registry.contract) };
    const known = this.#chain;
    if (known && (known.chainId !== chain.chainId || !known.contract.equals(chain.contract)))
      throw new CoordinatorError(
        "chain-contradicts",
        "the chain or the contract is not the one of the stored swarm map",
      );
    this.#chain = chain;
    this.#goal = registry;
    this.#recognised = this.#history.current.height === 0n;
    this.#upToDate = this.#reached();
  }

  /**
   * Applies the next block of the stream.
   * @returns whether the map changed.
   * @throws CoordinatorError "chain-contradicts" or "bad-registry"
   */
  take(block: RegistryBlock | undefined): boolean {
    if (!block || block.hash.length !== 32) throw new CoordinatorError("bad-registry", "chain-watcher sent no block");
    const before = this.#history.current;
    if (block.height === before.height) this.#recognise(block);
    if (block.height > before.height) this.#apply(block);
    if (block.height > this.#head) this.#head = block.height;
    this.#upToDate ||= this.#reached();
    return this.#history.current !== before;
  }

  #recognise(block: RegistryBlock): void {
    if (!this.#history.current.blockHash.equals(block.hash) && this.#history.current.height > 0n)
      throw contradiction(block.height);
    this.#recognised = true;
  }

  #apply(block: RegistryBlock): void {
    if (!this.#recognised) throw contradiction(this.#history.current.height);
    const current = applyBlock(this.#history.current, {
      height: block.height,
      hash: block.hash,
      joined: keys(block.joined.map((node) => node.pubkey)),
      left: keys(block.left),
    });
    const before = this.#history.current;
    if (current !== before) this.#history = { current, previous: before.height > 0n ? before : undefined };
  }

  /** A quiet chain may send no head: then the map is whole when it holds exactly the registry's nodes. */
  #reached(): boolean {
    if (!this.#recognised || !this.#goal) return false;
    if (this.#head >= this.#goal.height) return true;
    const seated = new Set([...this.#history.current.swarms.values()].flatMap(({ members }) => members));
    const { nodes } = this.#goal;
    return seated.size === nodes.length && nodes.every((node) => seated.has(pubkey(node.pubkey)));
  }
}

function keys(bytes: readonly Uint8Array[]): Pubkey[] {
  if (bytes.some((key) => key.length !== 32))
    throw new CoordinatorError("bad-registry", "chain-watcher sent a node key that is not 32 bytes long");
  return bytes.map((key) => pubkey(key));
}

function contradiction(height: bigint): CoordinatorError {
  return new CoordinatorError("chain-contradicts", `the chain has another block ${height} than the stored swarm map`);
}
