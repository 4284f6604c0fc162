import { Readable } from "node:stream";
import type { Clock } from "@swarmpost/runtime";
import { FileServerError } from "./errors.ts";
import { isFileId } from "./file-id.ts";
import type { FileStore } from "./file-store.ts";

/** Bytes that are read from Postgres at once; a slow reader holds no more than this in memory. */
const PART_BYTES = 512 * 1024;

/** A file on its way out. */
export interface DownloadAnswer {
  readonly size: number;
  readonly body: Buffer | Readable;
}

/** `GET /file/:id`: the bytes of a file that has not expired. @throws FileServerError `not-found`, DatabaseError */
export async function downloadFile(id: string, parts: { store: FileStore; clock: Clock }): Promise<DownloadAnswer> {
  const nowMs = parts.clock.now();
  const found = isFileId(id) ? await parts.store.find(id, { nowMs, headBytes: PART_BYTES }) : undefined;
  if (found === undefined) throw new FileServerError("not-found", "there is no such file, or it has expired");
  const { size, head } = found;
  if (head.length === size) return { size, body: head };
  return { size, body: Readable.from(partsOf(id, { size, head, nowMs }, parts.store), { objectMode: false }) };
}

async function* partsOf(
  id: string,
  file: { size: number; head: Buffer; nowMs: number },
  store: FileStore,
): AsyncGenerator<Buffer> {
  yield file.head;
  for (let offset = file.head.length; offset < file.size; ) {
    const part = await store.slice(id, { nowMs: file.nowMs, offset, length: PART_BYTES });
    // Ends the connection, so the reader sees that the file is not whole.
    if (part === undefined || part.length === 0) throw new FileServerError("not-found", "the file has gone");
    offset += part.length;
    yield part;
  }
}
