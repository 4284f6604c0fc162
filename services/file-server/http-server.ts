import { DatabaseError } from "@swarmpost/postgres";
import { errorFields, type Logger } from "@swarmpost/runtime";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { FileServerError } from "./errors.ts";

/** Limits of the HTTP side. */
export interface HttpOptions {
  readonly maxFileBytes: number;
  readonly maxUploads: number;
}

const REQUEST_TIMEOUT_MS = 120_000;

/** Turns whatever a handler or the HTTP layer threw into an answer that quotes nothing of it. */
function toFileServerError(error: unknown, maxFileBytes: number): FileServerError | undefined {
  if (error instanceof FileServerError) return error;
  if (error instanceof DatabaseError && error.code === "unavailable") {
    return new FileServerError("unavailable", "the file store is unavailable, try again later", { cause: error });
  }
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return new FileServerError("too-large", `a file has at most ${maxFileBytes} bytes`, { cause: error });
  }
  if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500) {
    return new FileServerError("bad-request", "the request is malformed", { cause: error });
  }
  return undefined;
}

/** Uploads are held in memory until they are stored, so only so many run at once. */
function limitUploads(server: FastifyInstance, maxUploads: number): void {
  let running = 0;
  server.addHook("onRequest", async (request: FastifyRequest, reply: FastifyReply) => {
    if (request.method !== "POST") return;
    if (running >= maxUploads) {
      void reply.header("retry-after", "5");
      throw new FileServerError("busy", "too many uploads at once, try again later");
    }
    running++;
    reply.raw.once("close", () => void running--);
  });
}

/** An HTTP server that takes any body as bytes and answers errors as one line of text. Routes are added by the caller. */
export function httpServer(options: HttpOptions, { logger }: { logger: Logger }): FastifyInstance {
  const server = fastify({
    bodyLimit: options.maxFileBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  limitUploads(server, options.maxUploads);
  server.setErrorHandler((error, _request, reply) => {
    const answer = toFileServerError(error, options.maxFileBytes);
    if (answer === undefined) logger.error("request_failed", errorFields(error));
    return reply
      .code(answer?.status ?? 500)
      .type("text/plain; charset=utf-8")
      .send(`${answer?.message ?? "internal error"}\n`);
  });
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).type("text/plain; charset=utf-8").send("there is nothing here\n"),
  );
  return server;
}
