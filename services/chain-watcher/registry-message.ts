import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { pubkeyBytes } from "@swarmpost/crypto";
import { type RegisteredNodeSchema, RegistryBlockSchema, type RegistrySchema } from "@swarmpost/protos";
import { hexToBytes, numberToBytes } from "viem";
import type { Registration, RegistryChange } from "./registry-state.ts";
import type { Cursor, SourceIdentity } from "./source-identity.ts";

/** The registry as of one block. */
export interface RegistrySnapshot {
  readonly identity: SourceIdentity;
  readonly cursor: Cursor;
  /** Ascending by key bytes. */
  readonly nodes: readonly Registration[];
}

/** The registry as it goes over the wire. */
export function registryMessage(snapshot: RegistrySnapshot): MessageInitShape<typeof RegistrySchema> {
  return {
    chainId: snapshot.identity.chainId,
    contract: hexToBytes(snapshot.identity.contract),
    height: snapshot.cursor.height,
    blockHash: hexToBytes(snapshot.cursor.hash),
    nodes: snapshot.nodes.map(nodeMessage),
  };
}

/** What a block did, encoded: kept in Postgres and the same bytes for every watcher of the chain. */
export function encodeChange(block: Cursor, change: RegistryChange): Uint8Array {
  const message = create(RegistryBlockSchema, {
    height: block.height,
    hash: hexToBytes(block.hash),
    joined: change.joined.map(nodeMessage),
    left: change.left.map((key) => pubkeyBytes(key)),
  });
  return toBinary(RegistryBlockSchema, message);
}

function nodeMessage(node: Registration): MessageInitShape<typeof RegisteredNodeSchema> {
  return {
    pubkey: pubkeyBytes(node.nodeKey),
    registrationHeight: node.registeredAt,
    operator: hexToBytes(node.operator),
    stake: numberToBytes(node.stake),
    requestedUnlockHeight: node.unlockRequestedAt,
  };
}
