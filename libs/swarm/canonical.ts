import { blake2b, type Pubkey, pubkey } from "@swarmpost/crypto";
import { SwarmError } from "./swarm-error.ts";
import { type SwarmId, swarmId } from "./swarm-id.ts";
import type { SwarmMembers, SwarmState } from "./swarm-state.ts";

/**
 * The canonical bytes of a swarm map, the form that its hash and a checkpoint are made of
 * (docs/protocol/swarm-map.md). All integers are little-endian:
 * u64 height ‖ u8 length of the block hash (0 or 32) ‖ block hash ‖ u32 swarms ‖ for each swarm, ascending by id:
 * u64 id ‖ u64 changed height ‖ u32 members ‖ 32 bytes for each member, ascending.
 */
export function encodeSwarmState(state: SwarmState): Buffer {
  const parts = [u64(state.height), Buffer.of(state.blockHash.length), state.blockHash, u32(state.swarms.size)];
  for (const [id, { members, changedHeight }] of state.swarms)
    parts.push(u64(id), u64(changedHeight), u32(members.length), Buffer.from(members.join(""), "hex"));
  return Buffer.concat(parts);
}

/** BLAKE2b-256 of the canonical bytes: equal in every cluster that follows the same chain. */
export function mapHash(state: SwarmState): Buffer {
  return blake2b(32, encodeSwarmState(state));
}

/**
 * Reads canonical bytes back.
 * @throws SwarmError "bad-checkpoint" for anything but what `encodeSwarmState` made.
 */
export function decodeSwarmState(bytes: Uint8Array): SwarmState {
  try {
    const state = readState(Buffer.from(bytes));
    if (encodeSwarmState(state).equals(bytes)) return state;
  } catch (cause) {
    throw new SwarmError("bad-checkpoint", "not the canonical form of a swarm map", { cause });
  }
  throw new SwarmError("bad-checkpoint", "not the canonical form of a swarm map");
}

function readState(bytes: Buffer): SwarmState {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError("truncated");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const height = take(8).readBigUInt64LE();
  const blockHash = Buffer.from(take(take(1).readUInt8()));
  const count = take(4).readUInt32LE();
  const swarms = new Map<SwarmId, SwarmMembers>();
  let last = -1n;
  for (let i = 0; i < count; i++) {
    const id = swarmId(take(8).readBigUInt64LE());
    if (id <= last) throw new RangeError("swarms out of order");
    last = id;
    const changedHeight = take(8).readBigUInt64LE();
    swarms.set(id, Object.freeze({ changedHeight, members: readMembers(take(32 * take(4).readUInt32LE())) }));
  }
  return Object.freeze({ height, blockHash, swarms });
}

function readMembers(bytes: Buffer): readonly Pubkey[] {
  const members: Pubkey[] = [];
  for (let at = 0; at < bytes.length; at += 32) {
    const member = pubkey(bytes.subarray(at, at + 32));
    if (member <= (members.at(-1) ?? "")) throw new RangeError("members out of order");
    members.push(member);
  }
  return Object.freeze(members);
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
