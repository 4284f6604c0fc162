import { UNASSIGNED } from "@swarmpost/swarm";
import type { NetworkNode, NodeContact } from "./network-view.ts";
import { SERVICE_NODE_FIELDS, type ServiceNodeField } from "./service-nodes-query.ts";

/** A node that can be offered: where it answers is known. */
export type ContactedNode = NetworkNode & { readonly contact: NodeContact };

/** Whether a node may be told to clients at all: one without a valid uptime proof never is. */
export function isOffered(node: NetworkNode, activeOnly: boolean): node is ContactedNode {
  return node.contact !== undefined && node.offered && (!activeOnly || node.swarmId !== undefined);
}

const VERSION = "[2,11,0]";

/** Each field as JSON text. Written by hand because a swarm id needs all 64 bits, which no JavaScript number has. */
const writers: Readonly<Record<ServiceNodeField, (node: ContactedNode) => string>> = {
  service_node_pubkey: (node) => `"${node.pubkey}"`,
  pubkey_ed25519: (node) => `"${node.pubkey}"`,
  pubkey_x25519: (node) => `"${node.x25519.toString("hex")}"`,
  public_ip: (node) => `"${node.contact.ip}"`,
  storage_port: (node) => `${node.contact.httpsPort}`,
  storage_lmq_port: (node) => `${node.contact.peerPort}`,
  swarm_id: (node) => `${node.swarmId ?? UNASSIGNED}`,
  swarm: (node) => `"${(node.swarmId ?? UNASSIGNED).toString(16)}"`,
  active: (node) => `${node.swarmId !== undefined}`,
  funded: () => "true",
  registration_height: (node) => `${node.registrationHeight}`,
  requested_unlock_height: (node) => `${node.requestedUnlockHeight}`,
  operator_address: (node) => `"${node.operator}"`,
  storage_server_version: () => VERSION,
  last_uptime_proof: (node) => `${Math.floor(node.contact.provenMs / 1_000)}`,
};

/** A set of known fields as a number, one bit each; undefined means all of them. Unknown names count for nothing. */
export function fieldMask(fields: ReadonlySet<string> | undefined): number {
  return SERVICE_NODE_FIELDS.reduce((mask, name, bit) => (!fields || fields.has(name) ? mask | (1 << bit) : mask), 0);
}

/** One entry of `service_node_states` as JSON text, with the fields of {@link fieldMask}. */
export function nodeText(node: ContactedNode, mask: number): string {
  const names = SERVICE_NODE_FIELDS.filter((_, bit) => (mask & (1 << bit)) !== 0);
  return `{${names.map((name) => `"${name}":${writers[name](node)}`).join(",")}}`;
}
