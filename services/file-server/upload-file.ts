import type { ContentStore } from "@swarmpost/content";
import { FileServerError } from "./errors.ts";
import type { NewFileId } from "./file-id.ts";
import type { FileTable } from "./file-table.ts";
import { lifetimeMs } from "./lifetime.ts";
import type { RequestBody } from "./request-body.ts";

const NAME_TRIES = 5;

/** What uploads work with. */
export interface UploadParts {
  readonly table: FileTable;
  readonly content: ContentStore;
  readonly nowMs: number;
  readonly maxTtlSeconds: number;
  readonly newId: NewFileId;
}

/** The answer to an upload, as Session's file server gives it. Times are seconds since the Unix epoch, with fractions. */
export interface UploadAnswer {
  readonly id: string;
  readonly uploaded: number;
  readonly expires: number;
}

/**
 * `POST /file`: keeps the body under a new name, as it comes in; when this resolves it outlives a crash.
 * @throws FileServerError `bad-request`, `too-large`, `unavailable`; DatabaseError; ContentError
 */
export async function uploadFile(
  request: { body: RequestBody; ttl: string | string[] | undefined },
  parts: UploadParts,
): Promise<UploadAnswer> {
  const { table, content, nowMs } = parts;
  const expiresMs = nowMs + lifetimeMs(request.ttl, parts.maxTtlSeconds);
  const id = await freeName(parts);
  try {
    await content.put(id, request.body.stream());
    const { size } = request.body;
    if (size === 0) throw new FileServerError("bad-request", "the file is empty");
    if (!(await table.finish(id, { size, expiresMs }))) {
      throw new FileServerError("unavailable", "the upload took too long, try again");
    }
    return { id, uploaded: nowMs / 1000, expires: expiresMs / 1000 };
  } catch (error) {
    // When this fails too, the name and what was kept go when the unfinished upload expires.
    await table.abandon(id).catch(() => {});
    throw error;
  }
}

async function freeName({ table, newId, nowMs }: UploadParts): Promise<string> {
  for (let tries = 0; tries < NAME_TRIES; tries++) {
    const id = newId();
    if (await table.begin(id, nowMs)) return id;
  }
  throw new FileServerError("unavailable", "no free name was found, try again");
}
