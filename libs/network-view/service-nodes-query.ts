/** What is asked of a node list. Source: oxen-core `get_service_nodes`. */
export interface ServiceNodesQuery {
  /** Fields wanted of each node; undefined means all. */
  readonly fields: ReadonlySet<string> | undefined;
  /** False only when the client says so: then nodes that sit in no swarm are named too. */
  readonly activeOnly: boolean;
  /** 0: all, in key order; n: at most n, random; negative: all, shuffled. */
  readonly limit: number;
  /** Only these nodes, 64 lower-case hex digits each. */
  readonly keys: ReadonlySet<string> | undefined;
  /** Block hash of an earlier answer, hex: when it is still the same, nothing is told again. */
  readonly pollBlockHash: string | undefined;
}

/** Reads the params of the request; undefined when one is of a wrong type. Unknown params and fields are ignored. */
export function parseServiceNodesQuery(params: unknown): ServiceNodesQuery | undefined {
  if (params === undefined || params === null) return parseServiceNodesQuery({});
  if (typeof params !== "object" || Array.isArray(params)) return undefined;
  const {
    fields,
    active_only: active,
    limit = 0,
    service_node_pubkeys: keys,
    poll_block_hash: poll,
  } = params as Record<string, unknown>;
  const wanted = fields === undefined ? "all" : parseFields(fields);
  const only = keys === undefined ? "all" : parseKeys(keys);
  if (wanted === undefined || only === undefined) return undefined;
  if (active !== undefined && typeof active !== "boolean") return undefined;
  if (typeof limit !== "number" || !Number.isInteger(limit)) return undefined;
  if (poll !== undefined && typeof poll !== "string") return undefined;
  return {
    fields: wanted === "all" ? undefined : wanted,
    activeOnly: active ?? true,
    limit,
    keys: only === "all" || only.size === 0 ? undefined : only,
    pollBlockHash: poll === undefined || poll === "" ? undefined : poll.toLowerCase(),
  };
}

/** A list of names, or the older dict of name → true. `all` means all; `-name` takes one away. */
function parseFields(value: unknown): ReadonlySet<string> | "all" | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const names = Array.isArray(value)
    ? (value as unknown[])
    : Object.entries(value).flatMap(([name, wanted]) => (wanted === true ? [name] : []));
  if (!names.every((name) => typeof name === "string")) return undefined;
  const minus = names.filter((name) => name.startsWith("-"));
  if (names.length === 0 || (names.includes("all") && minus.length === 0)) return "all";
  const plus = names.includes("all") || minus.length === names.length ? SERVICE_NODE_FIELDS : names;
  return new Set(plus.filter((name) => !minus.includes(`-${name}`)));
}

const HEX_KEY = /^[0-9a-f]{64}$/i;

function parseKeys(value: unknown): ReadonlySet<string> | undefined {
  if (!Array.isArray(value)) return undefined;
  const keys = value.map((key) => (typeof key === "string" && HEX_KEY.test(key) ? key.toLowerCase() : undefined));
  return keys.every((key) => key !== undefined) ? new Set(keys) : undefined;
}

/** Fields of a node that can be asked for, in the order in which they are told. */
export const SERVICE_NODE_FIELDS = [
  "service_node_pubkey",
  "pubkey_ed25519",
  "pubkey_x25519",
  "public_ip",
  "storage_port",
  "storage_lmq_port",
  "swarm_id",
  "swarm",
  "active",
  "funded",
  "registration_height",
  "requested_unlock_height",
  "operator_address",
  "storage_server_version",
  "last_uptime_proof",
] as const;

/** One of {@link SERVICE_NODE_FIELDS}. */
export type ServiceNodeField = (typeof SERVICE_NODE_FIELDS)[number];
