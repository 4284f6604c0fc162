import { type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { PROTOCOL_VERSION } from "./limits.ts";

/** `active_nodes_bin` (2.11): all active nodes in a compact form. Any node answers. */
export interface ActiveNodesRequest {
  method: "active_nodes_bin";
}

/** `active_nodes_bin` has no parameters. */
export function parseActiveNodes(): ActiveNodesRequest {
  return { method: "active_nodes_bin" };
}

/** What clients must know of an active node. */
export interface ActiveNode {
  pubkey: Pubkey;
  swarmId: bigint;
  /** Dotted IPv4. */
  ip: string;
  httpsPort: number;
  peerPort: number;
}

/** Bytes of one node. */
export const ACTIVE_NODE_BYTES = 51;

/** Body of the answer: for each node its key, swarm id, IPv4 address, both ports and version, numbers big-endian. */
export function activeNodesBody(nodes: readonly ActiveNode[]): Buffer {
  const body = Buffer.alloc(nodes.length * ACTIVE_NODE_BYTES);
  for (const [i, node] of nodes.entries()) {
    const at = i * ACTIVE_NODE_BYTES;
    body.set(pubkeyBytes(node.pubkey), at);
    body.writeBigUInt64BE(node.swarmId, at + 32);
    body.set(node.ip.split(".").map(Number), at + 40);
    body.writeUInt16BE(node.httpsPort, at + 44);
    body.writeUInt16BE(node.peerPort, at + 46);
    body.set(PROTOCOL_VERSION, at + 48);
  }
  return body;
}
