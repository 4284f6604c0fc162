/** The only keys that a log line may carry, with what each means. None can name a person, a message or an address. */
export const safeKeys = [
  // What happened
  "error_code",
  "error_name",
  "error_at",
  "cause_code",
  "reason",
  "rule",
  "result",
  "method",
  "kind",
  "state",
  "previous_state",
  "service",
  "source",
  "name",
  "version",
  "level",
  "signal",
  "status",
  "migration",
  // Which request of this node; random, and known to no other node
  "request_id",
  // How much, how long, how often
  "attempt",
  "count",
  "total",
  "limit",
  "size_bytes",
  "duration_ms",
  "delay_ms",
  "age_ms",
  "retry_ms",
  "ttl_ms",
  "queue_length",
  "batch_size",
  "dropped",
  "removed",
  "added",
  "changed",
  "expired",
  "pending",
  // Where in the chain and the network
  "chain_id",
  "height",
  "from_height",
  "to_height",
  "depth",
  "map_hash",
  "map_version",
  "namespace",
  "node_count",
  "swarm_count",
  "proof_count",
  "record_count",
  "peer_count",
  "member_count",
  "port",
  "grpc_port",
  "admin_port",
  "https_port",
  "peer_port",
  "replica_port",
  "ready",
  "connected",
  "healthy",
] as const;

/** A key that a log line may carry. */
export type SafeKey = (typeof safeKeys)[number];

/** A value that a log line may carry; bigints are written as decimal text. */
export type SafeValue = string | number | bigint | boolean | undefined;

/** The fields of a log line. Unknown keys are a type error, and are dropped at run time. */
export type SafeFields = { readonly [K in SafeKey]?: SafeValue };

const known: ReadonlySet<string> = new Set(safeKeys);

// Runs of key, hash, account or signature characters, IPv4 and bracketed or long IPv6 addresses.
const identifying =
  /[0-9a-fA-F]{32,}|[A-Za-z0-9+/_-]{40,}={0,2}|\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F:]{1,4}|::ffff:/g;

/** Replaces what looks like a key, a hash, a signature or an address; cuts at 300 characters. A last line of defence. */
export function scrub(text: string): string {
  return text.slice(0, 300).replace(identifying, "[removed]");
}

/** Keeps the declared keys only and scrubs their text. */
export function safeOnly(fields: SafeFields): Record<string, string | number | boolean> {
  const kept: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined || !known.has(key)) continue;
    kept[key] = typeof value === "string" ? scrub(value) : typeof value === "bigint" ? value.toString() : value;
  }
  return kept;
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" || typeof code === "number" ? String(code) : undefined;
}

/** The first stack frame as `file.ts:line`, without folders. */
function frameOf(error: Error): string | undefined {
  return error.stack?.match(/([\w.-]+\.(?:ts|mjs|js):\d+):\d+/)?.[1];
}

/** The fields that describe an exception without its message, which may quote what must not be logged. */
export function errorFields(error: unknown): SafeFields {
  if (!(error instanceof Error)) return { error_name: typeof error };
  return {
    error_name: error.name,
    error_code: codeOf(error),
    error_at: frameOf(error),
    cause_code: codeOf(error.cause),
  };
}
