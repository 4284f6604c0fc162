import type { Pubkey } from "@swarmpost/crypto";
import type { SwarmMapView } from "@swarmpost/network-view";
import { accountSpace, responsibleSwarm } from "@swarmpost/swarm";

/** One swarm of a map that was in force at some time. */
export interface KnownSwarm {
  readonly id: bigint;
  readonly members: readonly Pubkey[];
}

/** A swarm map as handoff needs it: who was responsible for what. Outlives the network view. */
export class KnownMap {
  readonly height: bigint;
  readonly hash: string;
  /** Ascending by id. */
  readonly swarms: readonly KnownSwarm[];
  readonly #ids: readonly bigint[];

  constructor(height: bigint, hash: string, swarms: readonly KnownSwarm[]) {
    this.height = height;
    this.hash = hash;
    this.swarms = swarms;
    this.#ids = swarms.map((swarm) => swarm.id);
  }

  static of(map: SwarmMapView): KnownMap {
    return new KnownMap(
      map.height,
      map.hash,
      map.swarms.map(({ id, members }) => ({ id, members })),
    );
  }

  get ids(): readonly bigint[] {
    return this.#ids;
  }

  /** The swarm that keeps a place of the ring. */
  at(space: bigint): KnownSwarm | undefined {
    const id = responsibleSwarm(this.#ids as Parameters<typeof responsibleSwarm>[0], space);
    return this.swarms.find((swarm) => swarm.id === id);
  }

  /** The swarm that keeps an account. @param account 33 bytes. */
  responsible(account: Buffer): KnownSwarm | undefined {
    return this.at(accountSpace(account.subarray(1)));
  }

  swarmOf(node: Pubkey): KnownSwarm | undefined {
    return this.swarms.find((swarm) => swarm.members.includes(node));
  }

  /** As stored in the database. */
  toJson(): KnownMapJson {
    return {
      height: this.height.toString(),
      hash: this.hash,
      swarms: this.swarms.map(({ id, members }) => ({ id: id.toString(), members: [...members] })),
    };
  }

  static fromJson(json: KnownMapJson): KnownMap {
    const swarms = json.swarms.map(({ id, members }) => ({ id: BigInt(id), members: members as Pubkey[] }));
    return new KnownMap(BigInt(json.height), json.hash, swarms);
  }
}

/** A map in JSON: heights and ids as decimal text. */
export interface KnownMapJson {
  readonly height: string;
  readonly hash: string;
  readonly swarms: readonly { readonly id: string; readonly members: readonly string[] }[];
}
