import { FileServerError } from "./errors.ts";
import { newFileId } from "./file-id.ts";
import type { FileStore } from "./file-store.ts";

/** The answer to an upload, as Session's file server gives it. Times are seconds since the Unix epoch, with fractions. */
export interface UploadAnswer {
  readonly id: string;
  readonly uploaded: number;
  readonly expires: number;
}

function lifetimeSeconds(header: string | string[] | undefined, maxSeconds: number): number {
  if (header === undefined) return maxSeconds;
  if (typeof header !== "string" || !/^[1-9]\d{0,14}$/.test(header)) {
    throw new FileServerError("bad-request", "X-FS-TTL must be a whole number of seconds");
  }
  return Math.min(Number(header), maxSeconds);
}

/** `POST /file`: stores the body under a new name. @throws FileServerError `bad-request`, DatabaseError */
export async function uploadFile(
  request: { body: unknown; ttl: string | string[] | undefined },
  parts: { store: FileStore; nowMs: number; maxTtlSeconds: number },
): Promise<UploadAnswer> {
  const { body } = request;
  if (!Buffer.isBuffer(body) || body.length === 0) throw new FileServerError("bad-request", "the file is empty");
  const expiresMs = parts.nowMs + lifetimeSeconds(request.ttl, parts.maxTtlSeconds) * 1000;
  const id = newFileId();
  await parts.store.put({ id, body, expiresMs });
  return { id, uploaded: parts.nowMs / 1000, expires: expiresMs / 1000 };
}
