import type { Account } from "../account.ts";
import { ClientError } from "../client-error.ts";
import type { CallOptions, Deadlines } from "../deadline.ts";
import type { FileServerPlace } from "../network-file.ts";
import type { ServerPlace, ServerRequests } from "../server-requests.ts";
import { type Attachment, type AttachmentFormat, openAttachment, sealAttachment } from "./attachment.ts";
import { FileServer, type KeepFor } from "./file-server.ts";
import { formatFileUrl, parseFileUrl } from "./file-url.ts";

/** How a file is attached. */
export interface AttachOptions extends KeepFor, CallOptions {
  readonly name?: string;
  /** Media type. */
  readonly type?: string;
  /** `legacy` by default, which every Session client reads. */
  readonly format?: AttachmentFormat;
}

/** How a file is downloaded. */
export interface DownloadOptions extends CallOptions {
  /** Servers besides the network's own that may be asked. */
  readonly trusted?: readonly ServerPlace[];
}

/** Files of messages: sealed and opened here, kept by the network's file server. */
export class AttachedFiles {
  readonly #place: FileServerPlace | undefined;
  readonly #parts: { requests: ServerRequests; deadlines: Deadlines };

  constructor(place: FileServerPlace | undefined, parts: { requests: ServerRequests; deadlines: Deadlines }) {
    this.#place = place;
    this.#parts = parts;
  }

  /** The network's file server. Throws ClientError "no-file-server". */
  server(): FileServer {
    return new FileServer(this.#ownPlace(), this.#parts);
  }

  /** As `SwarmpostClient.attach`. */
  async attach(account: Account, data: Uint8Array, options: AttachOptions): Promise<Attachment> {
    const { format = "legacy", name, type, ...keep } = options;
    const { url: server, pubkey: key } = this.#ownPlace();
    const { file, keys } = await sealAttachment(data, { format, seed: account.ed25519.secretKey.subarray(0, 32) });
    const { id } = await this.server().upload(file, keep);
    const url = formatFileUrl({ server, id, pubkey: key, deterministic: format === "stream" });
    return { url, ...keys, ...(name === undefined ? {} : { name }), ...(type === undefined ? {} : { type }) };
  }

  /** As `SwarmpostClient.download`. */
  async download(attachment: Attachment, { trusted = [], ...call }: DownloadOptions): Promise<Buffer> {
    const { server, id } = parseFileUrl(attachment.url);
    const places = [...(this.#place === undefined ? [] : [this.#place]), ...trusted];
    const place = places.find(({ url }) => new URL(url).origin === server);
    if (place === undefined) throw new ClientError("unknown-server", `the file is on ${server}, which is not trusted`);
    return await openAttachment(await new FileServer(place, this.#parts).download(id, call), attachment);
  }

  #ownPlace(): FileServerPlace {
    if (this.#place !== undefined) return this.#place;
    throw new ClientError("no-file-server", "the network file names no file server, so files can't be attached");
  }
}
