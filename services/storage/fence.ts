import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** The swarm map as the sender of a frame knows it: no commit may count under a map that its receivers have left behind. */
export interface Fence {
  readonly swarmId: bigint;
  /** Height at which that swarm's members last changed. */
  readonly changedHeight: bigint;
  /** Height at which the map last changed. */
  readonly mapHeight: bigint;
}

export function writeFence(writer: ByteWriter, fence: Fence): ByteWriter {
  return writer.u64(fence.swarmId).u64(fence.changedHeight).u64(fence.mapHeight);
}

export function readFence(reader: ByteReader): Fence {
  return { swarmId: reader.u64(), changedHeight: reader.u64(), mapHeight: reader.u64() };
}
