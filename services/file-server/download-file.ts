import type { Readable } from "node:stream";
import { type ContentStore, ContentError } from "@swarmpost/content";
import parseRange from "range-parser";
import { FileServerError } from "./errors.ts";
import { isFileId } from "./file-id.ts";
import type { FileRecord, FileTable } from "./file-table.ts";

/** What reading works with. */
export interface DownloadParts {
  readonly table: FileTable;
  readonly content: ContentStore;
  readonly nowMs: number;
}

/** A file on its way out: the bytes from `start` to `end` (both included) of `file.size`. */
export interface DownloadAnswer {
  readonly file: FileRecord;
  readonly start: number;
  readonly end: number;
  readonly body: Readable;
}

/** What is known of a file that has not expired. @throws FileServerError `not-found`; DatabaseError */
export async function findFile(id: string, { table, nowMs }: Omit<DownloadParts, "content">): Promise<FileRecord> {
  const found = isFileId(id) ? await table.find(id, nowMs) : undefined;
  if (found === undefined) throw new FileServerError("not-found", "there is no such file, or it has expired");
  return found;
}

/**
 * `GET /file/:id`: the bytes of a file, or the one part of them that a `Range` header asks for; a header that asks for
 * several, or is malformed, is ignored (RFC 9110, 14.2).
 * @throws FileServerError `not-found`, `bad-range`; DatabaseError; ContentError
 */
export async function downloadFile(
  request: { id: string; range: string | undefined },
  parts: DownloadParts,
): Promise<DownloadAnswer> {
  const file = await findFile(request.id, parts);
  const asked = request.range === undefined ? undefined : onlyRange(file.size, request.range);
  const { start, end } = asked ?? { start: 0, end: file.size - 1 };
  try {
    return { file, start, end, body: await parts.content.open(request.id, asked) };
  } catch (error) {
    if (!(error instanceof ContentError && error.code === "not-found")) throw error;
    throw new FileServerError("unavailable", "the file's bytes are missing", { cause: error });
  }
}

function onlyRange(size: number, header: string): { start: number; end: number } | undefined {
  const ranges = parseRange(size, header, { combine: true });
  if (ranges === -1) throw new FileServerError("bad-range", `the file has ${size} bytes`);
  if (ranges === -2 || ranges.type !== "bytes" || ranges.length !== 1) return undefined;
  return ranges[0];
}
