import { create } from "@bufbuild/protobuf";
import { type AttachmentPointer, AttachmentPointerSchema } from "@swarmpost/protos";
import { ClientError } from "../client-error.ts";
import { LegacyAttachmentSealer, openLegacyAttachment } from "./legacy-attachment.ts";
import { type FileSource, openStream, sealStream, streamKey } from "./stream-attachment.ts";

/** A file that a message points to: where it is, and what opens it. */
export interface Attachment {
  /** `<server>/file/<id>#p=<server's key>`, with `&d` for the newer format. */
  readonly url: string;
  /** 64 bytes in the older format, 32 in the newer one. */
  readonly key: Buffer;
  /** SHA-256 of the uploaded file, 32 bytes; older format only. */
  readonly digest?: Buffer;
  /** Bytes of content. */
  readonly size: number;
  readonly name?: string;
  /** Media type. */
  readonly type?: string;
}

/** How a file is sealed: `legacy` every Session client reads, `stream` makes the same file the same upload. */
export type AttachmentFormat = "legacy" | "stream";

/** A sealed file, ready to be uploaded, and what its message says of it. */
export interface SealedAttachment {
  readonly file: Buffer;
  readonly keys: Pick<Attachment, "key" | "digest" | "size">;
}

/** Seals a file; `seed` is the account's, 32 bytes. Throws ClientError "attachment-too-large". */
export async function sealAttachment(
  data: Uint8Array,
  { format, seed }: { format: AttachmentFormat; seed: Uint8Array },
): Promise<SealedAttachment> {
  if (format === "legacy") {
    const sealer = new LegacyAttachmentSealer(data.length);
    const file = Buffer.concat([sealer.update(data), sealer.final()]);
    return { file, keys: sealer.keys() };
  }
  const source: FileSource = () => [data];
  const made = await streamKey(source, seed, "attachment");
  const file = await collect(sealStream(source, made));
  return { file, keys: { key: made.key, size: made.size } };
}

/** Opens a downloaded file. Throws ClientError "bad-attachment" when it is not the one that the message means. */
export async function openAttachment(file: Uint8Array, attachment: Attachment): Promise<Buffer> {
  const { key, digest, size } = attachment;
  if (digest !== undefined) return openLegacyAttachment(file, { key, digest, size });
  const content = await collect(openStream([file], key));
  if (content.length === size) return content;
  throw new ClientError("bad-attachment", "the attachment has another size than the message says");
}

/** How a message carries it. */
export function attachmentPointer(attachment: Attachment): AttachmentPointer {
  const { url, key, digest, size, name, type } = attachment;
  return create(AttachmentPointerSchema, {
    deprecatedId: 0n,
    url,
    key,
    size,
    ...(digest === undefined ? {} : { digest }),
    ...(name === undefined ? {} : { fileName: name }),
    ...(type === undefined ? {} : { contentType: type }),
  });
}

/** Reads a pointer; undefined when it lacks where the file is or what opens it. */
export function attachmentOf(pointer: AttachmentPointer): Attachment | undefined {
  const { url, key, digest, size, fileName: name, contentType: type } = pointer;
  if (url === undefined || key === undefined || key.length === 0) return undefined;
  return {
    url,
    key: Buffer.from(key),
    size: size ?? 0,
    ...(digest === undefined || digest.length === 0 ? {} : { digest: Buffer.from(digest) }),
    ...(name === undefined ? {} : { name }),
    ...(type === undefined ? {} : { type }),
  };
}

async function collect(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
