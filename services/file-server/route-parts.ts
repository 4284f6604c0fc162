import type { ContentStore } from "@swarmpost/content";
import type { Clock } from "@swarmpost/runtime";
import { FileServerError } from "./errors.ts";
import type { NewFileId } from "./file-id.ts";
import type { FileTable } from "./file-table.ts";
import type { FileServerMetrics } from "./metrics.ts";
import type { RequestBody } from "./request-body.ts";
import { type UploadAnswer, uploadFile } from "./upload-file.ts";

/** What the routes work with. */
export interface RouteParts {
  readonly table: FileTable;
  readonly content: ContentStore;
  readonly clock: Clock;
  readonly metrics: FileServerMetrics;
}

/** How the routes behave. */
export interface RouteOptions {
  readonly maxTtlSeconds: number;
  readonly maxFileBytes: number;
  readonly versions: ReadonlyMap<string, string>;
  /** How new files are named. */
  readonly newId: NewFileId;
}

/** Runs `work` and counts what became of it; whatever is not the asker's own mistake failed. */
export async function counted<R extends string, T>(
  counter: { inc(labels: { result: R | "failed" }): void },
  results: { done: R; refused: R },
  work: () => Promise<T>,
): Promise<T> {
  try {
    const done = await work();
    counter.inc({ result: results.done });
    return done;
  } catch (error) {
    const refused = error instanceof FileServerError && error.status < 500;
    counter.inc({ result: refused ? results.refused : "failed" });
    throw error;
  }
}

/** Keeps a request's body as a file; counted. @throws FileServerError, DatabaseError, ContentError */
export async function upload(
  request: { body: RequestBody; ttl: string | string[] | undefined },
  options: RouteOptions,
  parts: RouteParts,
): Promise<UploadAnswer> {
  return await counted(parts.metrics.uploads, { done: "stored", refused: "refused" }, async () => {
    const answer = await uploadFile(request, { ...parts, ...options, nowMs: parts.clock.now() });
    parts.metrics.fileSize.observe(request.body.size);
    return answer;
  });
}
