import { hexToBytes } from "@swarmpost/encoding";
import { ClientError } from "../client-error.ts";

/** A file's address taken apart. */
export interface FileUrl {
  /** `http://host[:port]`. */
  readonly server: string;
  readonly id: string;
  /** The server's X25519 key, 64 lower-case hex digits, when the address tells it. */
  readonly pubkey?: string;
  /** The newer format: header and key follow from the content. */
  readonly deterministic: boolean;
}

/** Writes `<server>/file/<id>#p=<key>[&d]`. */
export function formatFileUrl({ server, id, pubkey, deterministic }: FileUrl): string {
  const marks = [...(pubkey === undefined ? [] : [`p=${pubkey}`]), ...(deterministic ? ["d"] : [])];
  return `${server}/file/${id}${marks.length === 0 ? "" : `#${marks.join("&")}`}`;
}

/** Reads a file's address. Throws ClientError "bad-attachment". */
export function parseFileUrl(text: string): FileUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const id = /^\/file\/([A-Za-z0-9_-]{1,64})$/.exec(url?.pathname ?? "")?.[1];
  if (url === undefined || id === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ClientError("bad-attachment", "the address of an attachment is not that of a file");
  }
  const marks = url.hash.slice(1).split("&");
  const key = hexToBytes(marks.find((mark) => mark.startsWith("p="))?.slice(2) ?? "", 32);
  const deterministic = marks.includes("d");
  return { server: url.origin, id, deterministic, ...(key === undefined ? {} : { pubkey: key.toString("hex") }) };
}
