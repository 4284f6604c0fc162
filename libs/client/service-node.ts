import { pubkey, type Pubkey } from "@swarmpost/crypto";
import { hexToBytes } from "@swarmpost/encoding";
import type { OfferedNode } from "@swarmpost/onion";
import { UNASSIGNED } from "@swarmpost/swarm";

/** A service node as seeds name it: keys, address, swarm and operator. */
export type ServiceNode = OfferedNode;

/** Fields that the client asks seeds for: exactly what the seed's signature covers. */
export const NODE_FIELDS = [
  "public_ip",
  "storage_port",
  "pubkey_ed25519",
  "pubkey_x25519",
  "swarm_id",
  "operator_address",
] as const;

/**
 * Parses JSON whose `swarm_id` fields are 64-bit numbers: they come out as bigint, exact.
 * Throws SyntaxError as JSON.parse does.
 */
export function parseJsonWithSwarmIds(text: string): unknown {
  // The third argument (ES2026 "JSON.parse source text access", in Node 24) is not in TypeScript's library yet.
  const exact = (key: string, value: unknown, context: { source?: string }): unknown =>
    key === "swarm_id" && typeof value === "number" ? integer(context.source) : value;
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
}

/** One entry of `service_node_states`; undefined when a field that a first contact needs is missing or wrong. */
export function parseServiceNode(state: unknown): ServiceNode | undefined {
  if (typeof state !== "object" || state === null) return undefined;
  const fields = state as Record<string, unknown>;
  const key = hexToBytes(String(fields["pubkey_ed25519"]), 32);
  const x25519 = hexToBytes(String(fields["pubkey_x25519"]), 32);
  const { public_ip: ip, storage_port: httpsPort, operator_address: operator } = fields;
  if (key === undefined || x25519 === undefined || typeof ip !== "string" || !isPort(httpsPort)) return undefined;
  const node = { pubkey: pubkey(key), x25519, ip, httpsPort, swarmId: swarmIdOf(fields["swarm_id"]) };
  const named = typeof operator === "string" && /[^0x]/.test(operator); // Neither empty nor the zero address.
  return named ? { ...node, operator: operator.toLowerCase() } : node;
}

/** Whether clients can reach the node at all: it has an address. */
export function hasAddress(node: ServiceNode): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(node.ip) && node.ip !== "0.0.0.0" && node.httpsPort > 0;
}

/** A key that is short enough to show and long enough to tell nodes apart. */
export function shortKey(key: Pubkey): string {
  return key.slice(0, 8);
}

function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff;
}

function swarmIdOf(value: unknown): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "string" && /^\d{1,20}$/.test(value)) return BigInt(value);
  return UNASSIGNED;
}

function integer(source: string | undefined): bigint | undefined {
  return source !== undefined && /^\d{1,20}$/.test(source) ? BigInt(source) : undefined;
}
