import { ClientError } from "../client-error.ts";
import { type CallOptions, type Deadlines, FILE_DEADLINE_MS } from "../deadline.ts";
import type { FileServerPlace } from "../network-file.ts";
import type { ServerRequests, ServerReply } from "../server-requests.ts";

/** A file on a server. */
export interface StoredFile {
  readonly id: string;
  /** When it came, unix ms. */
  readonly uploadedMs: number;
  /** When it goes, unix ms. */
  readonly expiresMs: number;
}

/** How long a file shall stay; the server's longest by default. */
export interface KeepFor {
  readonly ttlSeconds?: number;
}

/**
 * Session's file server, asked through onions (docs/protocol/file-server.md): it learns neither who uploads nor who
 * downloads. Every method throws ClientError "server-unreachable", "timed-out", and "server-refused" with the server's status.
 */
export class FileServer {
  readonly #place: FileServerPlace;
  readonly #parts: { requests: ServerRequests; deadlines: Deadlines };

  constructor(place: FileServerPlace, parts: { requests: ServerRequests; deadlines: Deadlines }) {
    this.#place = place;
    this.#parts = parts;
  }

  /** Uploads a file that was sealed before. */
  async upload(file: Uint8Array, options: KeepFor & CallOptions = {}): Promise<StoredFile> {
    const body = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
    const headers = { "content-type": "application/octet-stream", ...ttlHeader(options) };
    return storedFile(await this.#ask({ method: "POST", endpoint: "/file", headers, body }, options));
  }

  /** A whole file. Throws "server-refused" with status 404 when there is none, or none any more. */
  async download(id: string, options: CallOptions = {}): Promise<Buffer> {
    return (await this.#ask({ method: "GET", endpoint: `/file/${encodeURIComponent(id)}`, headers: {} }, options)).body;
  }

  /** Keeps a file longer; never shorter. Needs the 44-character id that onion uploads get. */
  async extend(id: string, options: KeepFor & CallOptions = {}): Promise<StoredFile> {
    const endpoint = `/file/${encodeURIComponent(id)}/extend`;
    const request = { method: "POST", endpoint, headers: ttlHeader(options), body: Buffer.alloc(0) };
    return storedFile(await this.#ask(request, options), id);
  }

  /** When a file came and goes. */
  async info(id: string, options: CallOptions = {}): Promise<StoredFile> {
    const endpoint = `/file/${encodeURIComponent(id)}/info`;
    return storedFile(await this.#ask({ method: "GET", endpoint, headers: {} }, options), id);
  }

  async #ask(request: Parameters<ServerRequests["send"]>[1], options: CallOptions): Promise<ServerReply> {
    const { requests, deadlines } = this.#parts;
    const ask = (signal: AbortSignal): Promise<ServerReply> => requests.send(this.#place, request, { signal });
    const reply = await deadlines.run(options, ask, FILE_DEADLINE_MS);
    if (reply.code >= 200 && reply.code < 300) return reply;
    throw new ClientError("server-refused", `the file server refused (${reply.code})`, {
      detail: { status: reply.code },
    });
  }
}

function ttlHeader({ ttlSeconds }: KeepFor): Record<string, string> {
  return ttlSeconds === undefined ? {} : { "x-fs-ttl": String(ttlSeconds) };
}

function storedFile({ json }: ServerReply, knownId?: string): StoredFile {
  const { id = knownId, uploaded, expires } = json ?? {};
  if ((typeof id !== "string" && typeof id !== "number") || typeof expires !== "number") {
    throw new ClientError("server-refused", "the file server's answer makes no sense");
  }
  const uploadedMs = typeof uploaded === "number" ? Math.round(uploaded * 1000) : 0;
  return { id: String(id), uploadedMs, expiresMs: Math.round(expires * 1000) };
}
