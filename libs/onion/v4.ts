import { bdecode, bencode } from "@swarmpost/encoding";
import { jsonObject } from "./json-object.ts";
import { OnionError } from "./onion-error.ts";

/** A request to a server behind an exit (file server, open group), onion v4. */
export interface V4Request {
  readonly method: string;
  /** Path with query, beginning with `/`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** The server's answer, onion v4. Header names are lower case. */
export interface V4Response {
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Encodes `l<n>:{"endpoint","method","headers"}[<m>:<body>]e`, as Session Desktop writes it. */
export function encodeV4Request(request: V4Request): Buffer {
  const { endpoint, method, headers, body } = request;
  const meta = Buffer.from(JSON.stringify({ endpoint, method, headers }), "utf8");
  return bencode(body ? [meta, body] : [meta]);
}

/** Reads a v4 request. @throws OnionError `invalid-v4` (a server answers that with code 400). */
export function decodeV4Request(bytes: Buffer): V4Request {
  const { meta, body } = split(bytes);
  const { method, endpoint } = meta;
  if (typeof method !== "string" || typeof endpoint !== "string" || !endpoint.startsWith("/")) throw invalid();
  return { method, endpoint, headers: headersOf(meta.headers), ...(body ? { body } : {}) };
}

/** Encodes `l<n>:{"code","headers"}<m>:<body>e`. */
export function encodeV4Response(response: V4Response): Buffer {
  const { code, headers, body } = response;
  return bencode([Buffer.from(JSON.stringify({ code, headers }), "utf8"), body]);
}

/** Reads a v4 answer; an absent body reads as empty. @throws OnionError `invalid-v4`. */
export function decodeV4Response(bytes: Buffer): V4Response {
  const { meta, body } = split(bytes);
  if (typeof meta.code !== "number" || !Number.isInteger(meta.code)) throw invalid();
  return { code: meta.code, headers: headersOf(meta.headers), body: body ?? Buffer.alloc(0) };
}

function split(bytes: Buffer): { meta: Record<string, unknown>; body: Buffer | undefined } {
  const parts = readList(bytes);
  const [first, body] = parts;
  const meta = Buffer.isBuffer(first) ? jsonObject(first) : undefined;
  if (!meta || parts.length > 2 || (body !== undefined && !Buffer.isBuffer(body))) throw invalid();
  return { meta, body };
}

function readList(bytes: Buffer): readonly unknown[] {
  try {
    const value: unknown = bdecode(bytes);
    return Array.isArray(value) ? value : [];
  } catch (cause) {
    throw invalid(cause);
  }
}

function headersOf(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw invalid();
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, String(field)]));
}

function invalid(cause?: unknown): OnionError {
  return new OnionError("invalid-v4", "Invalid v4 onion request", { cause });
}
