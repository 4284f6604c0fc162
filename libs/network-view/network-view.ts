import type { Pubkey } from "@swarmpost/crypto";
import type { SwarmId } from "@swarmpost/swarm";

/** One swarm of the map in force. */
export interface Swarm {
  readonly id: SwarmId;
  /** Ascending by key bytes. A member may have left the registry since: `node` then knows nothing of it. */
  readonly members: readonly Pubkey[];
  /** Height of the block in which the set of members last changed. */
  readonly changedHeight: bigint;
}

/** A swarm map, indexed. Never changed once made. */
export interface SwarmMapView {
  /** Height of the block that last changed the map; 0 for the empty map. */
  readonly height: bigint;
  /** BLAKE2b-256 of the map's canonical form, hex; empty before the first map is known. */
  readonly hash: string;
  /** Ascending by id. */
  readonly swarms: readonly Swarm[];
  swarm(id: bigint): Swarm | undefined;
  swarmOf(node: Pubkey): SwarmId | undefined;
  /** The swarm that keeps an account's messages. @param accountKey 32 bytes, without the network prefix. */
  responsible(accountKey: Uint8Array): Swarm | undefined;
}

/** Where a node answers, from its last uptime proof. */
export interface NodeContact {
  /** Dotted IPv4. */
  readonly ip: string;
  readonly httpsPort: number;
  readonly peerPort: number;
  readonly replicaPort: number;
  /** The node's certificate, DER. */
  readonly certificate: Buffer;
  /** Version of its software. */
  readonly version: readonly [number, number, number];
  /** When this cluster received the proof, unix ms. */
  readonly provenMs: number;
}

/** A registered service node. */
export interface NetworkNode {
  readonly pubkey: Pubkey;
  /** Its X25519 key, 32 bytes, for onion layers. */
  readonly x25519: Buffer;
  /** Undefined while it is in no swarm. */
  readonly swarmId: SwarmId | undefined;
  /** Where other nodes find it: from its last proof, up to a day after that ran out. */
  readonly contact?: NodeContact | undefined;
  /** Whether clients may be told of it: only while its proof is valid. */
  readonly offered: boolean;
  readonly registrationHeight: bigint;
  /** 0 when no unlock was requested. */
  readonly requestedUnlockHeight: bigint;
  /** EVM address that pays the stake, `0x` and 40 lower-case hex digits. */
  readonly operator: string;
}

/** What is known of the network: who is a node, where it answers, which swarm it is in. Never changed once made. */
export interface NetworkView {
  /** Grows by one with every new view of a follower; 0 for the empty view. */
  readonly version: number;
  /** Names chain and contract in what nodes sign (`networkId` of @swarmpost/proof); undefined before the registry is known. */
  readonly networkId: Buffer | undefined;
  /** Height of the last final block of the chain. */
  readonly height: bigint;
  /** Hash of that block, hex; empty before the registry is known. */
  readonly blockHash: string;
  /** Hash of the swarm map in force, hex; empty before a map is known. */
  readonly mapHash: string;
  /** The swarm map in force. */
  readonly map: SwarmMapView;
  /** The map that it replaced; undefined for the first map. */
  readonly previousMap: SwarmMapView | undefined;
  /** Swarms of the map in force, ascending by id. */
  readonly swarms: readonly Swarm[];
  swarm(id: bigint): Swarm | undefined;
  swarmOf(node: Pubkey): SwarmId | undefined;
  /** The swarm that keeps an account's messages. @param accountKey 32 bytes, without the network prefix. */
  responsible(accountKey: Uint8Array): Swarm | undefined;
  /** Undefined when the key is not registered. */
  node(key: Pubkey): NetworkNode | undefined;
  /** All registered nodes, ascending by key. */
  nodes(): Iterable<NetworkNode>;
  readonly nodeCount: number;
  registered(key: Pubkey): boolean;
}
