import type { Pubkey } from "@swarmpost/crypto";
import type { Mt19937_64 } from "./mt19937-64.ts";
import type { SwarmParameters } from "./parameters.ts";
import { newSwarmId, type SwarmId } from "./swarm-id.ts";
import type { SwarmState } from "./swarm-state.ts";
import { uniform } from "./uniform.ts";

/** A swarm while a block is applied: its members in key order. */
interface Seats {
  readonly id: SwarmId;
  readonly members: Pubkey[];
}

/**
 * The map while one block is applied: the moves of design section 6, on mutable lists.
 * Swarms are kept ascending by id and members ascending by key, so that an index drawn from the block's randomness
 * means the same node everywhere.
 */
export class Seating {
  readonly #swarms: Seats[];
  readonly #parameters: SwarmParameters;
  readonly #rng: Mt19937_64;

  constructor(parameters: SwarmParameters, collaborators: { state: SwarmState; rng: Mt19937_64 }) {
    this.#parameters = parameters;
    this.#rng = collaborators.rng;
    this.#swarms = [...collaborators.state.swarms].map(([id, { members }]) => ({ id, members: [...members] }));
  }

  /** Swarms ascending by id, without those that nobody is in. */
  occupied(): Iterable<{ readonly id: SwarmId; readonly members: readonly Pubkey[] }> {
    return this.#swarms.filter((swarm) => swarm.members.length > 0);
  }

  /** Takes a node out of its swarm, if it is in one. */
  remove(node: Pubkey): void {
    for (const swarm of this.#swarms) {
      const index = searchKey(swarm.members, node);
      if (swarm.members[index] === node) swarm.members.splice(index, 1);
    }
  }

  has(node: Pubkey): boolean {
    return this.#swarms.some((swarm) => swarm.members[searchKey(swarm.members, node)] === node);
  }

  /** Puts nodes in one by one, in key order, each into a random swarm among the least filled. */
  place(nodes: Iterable<Pubkey>): void {
    for (const node of [...nodes].sort()) {
      insertKey(this.#leastFilled().members, node);
      this.create();
    }
  }

  /** Makes a swarm of random excess nodes when every swarm is full and there are enough of them. */
  create(): void {
    const { target, maximum } = this.#parameters;
    if (this.#swarms.some((swarm) => swarm.members.length < maximum)) return;
    if (this.#swarms.length === 0 || this.#excess() < target) return;
    const members: Pubkey[] = [];
    while (members.length < target) insertKey(members, this.#drawExcess());
    this.#add({ id: newSwarmId(this.#swarms.map((swarm) => swarm.id)), members });
  }

  /** Feeds each swarm under the minimum from the others' excess, or dissolves it. The last swarm never dissolves. */
  feedTheStarving(): void {
    for (let hungry = this.#hungriest(); hungry; hungry = this.#hungriest()) {
      if (this.#swarms.length === 1) return;
      const deficit = this.#parameters.minimum - hungry.members.length;
      if (this.#excess() >= deficit) {
        while (hungry.members.length < this.#parameters.minimum) insertKey(hungry.members, this.#drawExcess());
      } else {
        this.#swarms.splice(this.#swarms.indexOf(hungry), 1);
        this.place(hungry.members);
      }
    }
  }

  /** The starving swarm that comes first by (size, id). */
  #hungriest(): Seats | undefined {
    let found: Seats | undefined;
    for (const swarm of this.#swarms) {
      if (swarm.members.length >= this.#parameters.minimum) continue;
      if (!found || swarm.members.length < found.members.length) found = swarm;
    }
    return found;
  }

  /** A random swarm among the least filled; the first swarm is founded when there is none. */
  #leastFilled(): Seats {
    if (this.#swarms.length === 0) this.#add({ id: newSwarmId([]), members: [] });
    const smallest = Math.min(...this.#swarms.map((swarm) => swarm.members.length));
    return this.#draw(this.#swarms.filter((swarm) => swarm.members.length === smallest));
  }

  /** Nodes above the minimum, over all swarms. */
  #excess(): number {
    const { minimum } = this.#parameters;
    return this.#swarms.reduce((sum, swarm) => sum + Math.max(0, swarm.members.length - minimum), 0);
  }

  /** Takes out a random node of those swarms that stay at or above the minimum without it. */
  #drawExcess(): Pubkey {
    const donors = this.#swarms.filter((swarm) => swarm.members.length > this.#parameters.minimum);
    const node = this.#draw(donors.flatMap((swarm) => swarm.members));
    this.remove(node);
    return node;
  }

  #draw<T>(from: readonly T[]): T {
    return from[Number(uniform(this.#rng, BigInt(from.length)))] as T;
  }

  #add(swarm: Seats): void {
    this.#swarms.push(swarm);
    this.#swarms.sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

function insertKey(members: Pubkey[], node: Pubkey): void {
  members.splice(searchKey(members, node), 0, node);
}

function searchKey(members: readonly Pubkey[], node: Pubkey): number {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((members[middle] as Pubkey) < node) low = middle + 1;
    else high = middle;
  }
  return low;
}
