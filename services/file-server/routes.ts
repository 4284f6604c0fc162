import type { Clock } from "@swarmpost/runtime";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { downloadFile } from "./download-file.ts";
import { FileServerError } from "./errors.ts";
import type { FileStore } from "./file-store.ts";
import type { FileServerMetrics } from "./metrics.ts";
import { type UploadAnswer, uploadFile } from "./upload-file.ts";

/** What the routes work with. */
export interface RouteParts {
  readonly store: FileStore;
  readonly clock: Clock;
  readonly metrics: FileServerMetrics;
}

interface RouteOptions {
  readonly maxTtlSeconds: number;
}

/** Whatever is not the asker's own mistake. */
function countsAsFailure(error: unknown): boolean {
  return !(error instanceof FileServerError);
}

async function upload(request: FastifyRequest, options: RouteOptions, parts: RouteParts): Promise<UploadAnswer> {
  const { store, clock, metrics } = parts;
  const { body, headers } = request;
  try {
    const place = { store, nowMs: clock.now(), maxTtlSeconds: options.maxTtlSeconds };
    const answer = await uploadFile({ body, ttl: headers["x-fs-ttl"] }, place);
    metrics.uploads.inc({ result: "stored" });
    metrics.fileSize.observe((body as Buffer).length);
    return answer;
  } catch (error) {
    metrics.uploads.inc({ result: countsAsFailure(error) ? "failed" : "refused" });
    throw error;
  }
}

async function download(id: string, reply: FastifyReply, { store, clock, metrics }: RouteParts): Promise<FastifyReply> {
  try {
    const { size, body } = await downloadFile(id, { store, clock });
    metrics.downloads.inc({ result: "served" });
    return reply.type("application/octet-stream").header("content-length", size).send(body);
  } catch (error) {
    metrics.downloads.inc({ result: countsAsFailure(error) ? "failed" : "missing" });
    throw error;
  }
}

/** Adds `POST /file` and `GET /file/:id`. */
export function addRoutes(server: FastifyInstance, options: RouteOptions, parts: RouteParts): void {
  server.post("/file", (request) => upload(request, options, parts));
  server.get<{ Params: { id: string } }>("/file/:id", (request, reply) => download(request.params.id, reply, parts));
}
