/** Routing JSON is a few hundred bytes; parsing megabytes of it would be work that a stranger orders for free. */
const MAX_JSON_BYTES = 65_536;

/** Parses UTF-8 JSON text; `undefined` unless it is one JSON object of at most 64 KiB. */
export function jsonObject(text: Buffer): Record<string, unknown> | undefined {
  if (text.length > MAX_JSON_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(text.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
