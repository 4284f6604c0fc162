import { ClientError } from "../client-error.ts";
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
 * downloads. Every method throws ClientError "server-unreachable", and "server-refused" with the server's status.
 */
export class FileServer {
  readonly #place: FileServerPlace;
  readonly #requests: ServerRequests;

  constructor(place: FileServerPlace, requests: ServerRequests) {
    this.#place = place;
    this.#requests = requests;
  }

  /** Uploads a file that was sealed before. */
  async upload(file: Uint8Array, keep: KeepFor = {}): Promise<StoredFile> {
    const body = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
    const headers = { "content-type": "application/octet-stream", ...ttlHeader(keep) };
    return storedFile(await this.#ask({ method: "POST", endpoint: "/file", headers, body }));
  }

  /** A whole file. Throws "server-refused" with status 404 when there is none, or none any more. */
  async download(id: string): Promise<Buffer> {
    return (await this.#ask({ method: "GET", endpoint: `/file/${encodeURIComponent(id)}`, headers: {} })).body;
  }

  /** Keeps a file longer; never shorter. Needs the 44-character id that onion uploads get. */
  async extend(id: string, keep: KeepFor = {}): Promise<StoredFile> {
    const endpoint = `/file/${encodeURIComponent(id)}/extend`;
    const reply = await this.#ask({ method: "POST", endpoint, headers: ttlHeader(keep), body: Buffer.alloc(0) });
    return storedFile(reply, id);
  }

  /** When a file came and goes. */
  async info(id: string): Promise<StoredFile> {
    const endpoint = `/file/${encodeURIComponent(id)}/info`;
    return storedFile(await this.#ask({ method: "GET", endpoint, headers: {} }), id);
  }

  async #ask(request: Parameters<ServerRequests["send"]>[1]): Promise<ServerReply> {
    const reply = await this.#requests.send(this.#place, request);
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
