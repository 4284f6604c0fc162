import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { downloadFile } from "./download-file.ts";
import { FileServerError } from "./errors.ts";
import { numericFileId } from "./file-id.ts";
import { RequestBody } from "./request-body.ts";
import { type RouteOptions, type RouteParts, upload } from "./route-parts.ts";

/** JSON and base64 around a file of the largest size. */
function legacyBodyBytes(maxFileBytes: number): number {
  return Math.ceil(maxFileBytes / 3) * 4 + 1024;
}

function fileOf(json: Buffer): Buffer {
  const { file } = (parse(json) ?? {}) as { file?: unknown };
  if (typeof file !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(file)) {
    throw new FileServerError("bad-request", "the body must be JSON with the file as base64");
  }
  return Buffer.from(file, "base64");
}

function parse(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString("utf8"));
  } catch {
    return undefined;
  }
}

async function put(request: FastifyRequest, options: RouteOptions, parts: RouteParts) {
  const json = await new RequestBody(request.body, legacyBodyBytes(options.maxFileBytes)).whole();
  const body = new RequestBody(Readable.from([fileOf(json)], { objectMode: false }), options.maxFileBytes);
  const { id } = await upload({ body, ttl: request.headers["x-fs-ttl"] }, { ...options, newId: numericFileId }, parts);
  return { result: Number(id), status_code: 200 };
}

async function get(id: string, { table, content, clock }: RouteParts) {
  const { body } = await downloadFile({ id, range: undefined }, { table, content, nowMs: clock.now() });
  return { status_code: 200, result: (await buffer(body)).toString("base64") };
}

/**
 * Adds `POST /files` and `GET /files/:id`, in which a file is base64 in JSON and its name is a number: the only way to send
 * bytes by onion v3. Such a request is in memory whole.
 */
export function addLegacyRoutes(server: FastifyInstance, options: RouteOptions, parts: RouteParts): void {
  server.post("/files", (request) => put(request, options, parts));
  server.get("/files/:id", (request: FastifyRequest<{ Params: { id: string } }>) => get(request.params.id, parts));
}
