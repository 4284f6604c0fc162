import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { downloadFile, findFile } from "./download-file.ts";
import { FileServerError } from "./errors.ts";
import type { FileRecord } from "./file-table.ts";
import { addLegacyRoutes } from "./legacy-routes.ts";
import { lifetimeMs } from "./lifetime.ts";
import { RequestBody } from "./request-body.ts";
import { counted, type RouteOptions, type RouteParts, upload } from "./route-parts.ts";
import { sessionVersion } from "./session-version.ts";

type WithId = FastifyRequest<{ Params: { id: string } }>;

async function download(request: WithId, reply: FastifyReply, parts: RouteParts): Promise<FastifyReply> {
  const { table, content, clock } = parts;
  return await counted(parts.metrics.downloads, { done: "served", refused: "missing" }, async () => {
    const asked = { id: request.params.id, range: request.headers.range };
    const { file, start, end, body } = await downloadFile(asked, { table, content, nowMs: clock.now() });
    const length = end - start + 1;
    void reply
      .type("application/octet-stream")
      .header("content-length", length)
      .header("accept-ranges", "bytes")
      .header("last-modified", new Date(file.uploadedMs).toUTCString())
      .header("expires", new Date(file.expiresMs).toUTCString());
    if (length < file.size) void reply.code(206).header("content-range", `bytes ${start}-${end}/${file.size}`);
    return reply.send(body);
  });
}

function toAnswer({ size, uploadedMs, expiresMs }: FileRecord) {
  return { size, uploaded: uploadedMs / 1000, expires: expiresMs / 1000 };
}

async function info(id: string, { table, clock }: RouteParts) {
  return toAnswer(await findFile(id, { table, nowMs: clock.now() }));
}

async function extend(request: WithId, options: RouteOptions, { table, clock, metrics }: RouteParts) {
  const { id } = request.params;
  return await counted(metrics.extensions, { done: "extended", refused: "missing" }, async () => {
    const nowMs = clock.now();
    const expiresMs = nowMs + lifetimeMs(request.headers["x-fs-ttl"], options.maxTtlSeconds);
    await findFile(id, { table, nowMs });
    const extended = await table.extend(id, { nowMs, expiresMs });
    if (extended === undefined) throw new FileServerError("not-found", "there is no such file, or it has expired");
    return { id, ...toAnswer(extended) };
  });
}

/** Adds everything that is the same for plain and for onion requests (docs/protocol/file-server.md). */
export function addRoutes(server: FastifyInstance, options: RouteOptions, parts: RouteParts): void {
  server.post("/file", (request) => {
    const body = new RequestBody(request.body, options.maxFileBytes);
    return upload({ body, ttl: request.headers["x-fs-ttl"] }, options, parts);
  });
  server.get("/file/:id", (request: WithId, reply) => download(request, reply, parts));
  server.get("/file/:id/info", (request: WithId) => info(request.params.id, parts));
  server.post("/file/:id/extend", (request: WithId) => extend(request, options, parts));
  server.get("/session_version", (request: FastifyRequest<{ Querystring: { platform?: string } }>, reply) =>
    reply.send(sessionVersion(request.query.platform, { versions: options.versions, nowMs: parts.clock.now() })),
  );
  addLegacyRoutes(server, options, parts);
}
