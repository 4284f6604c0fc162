import type { Readable } from "node:stream";
import { ContentError } from "@swarmpost/content";
import { DatabaseError } from "@swarmpost/postgres";
import { errorFields, type Logger } from "@swarmpost/runtime";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { FileServerError } from "./errors.ts";

/** Most that a base64 onion of the largest allowed file can have; each route has its own, smaller limit. */
const ANY_BODY_BYTES = 200_000_000;
const REQUEST_TIMEOUT_MS = 120_000;

/** Turns whatever a handler or the HTTP layer threw into an answer that quotes nothing of it. */
function toFileServerError(error: unknown): FileServerError | undefined {
  if (error instanceof FileServerError) return error;
  const away = error instanceof DatabaseError || error instanceof ContentError;
  if (away && error.code === "unavailable") {
    return new FileServerError("unavailable", "the file store is unavailable, try again later", { cause: error });
  }
  const { statusCode, code } = (error ?? {}) as { statusCode?: unknown; code?: unknown };
  // The sender has gone in the middle of its body; nobody reads the answer.
  const gone = code === "ECONNRESET" || code === "ERR_STREAM_PREMATURE_CLOSE";
  if (gone || (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500)) {
    return new FileServerError("bad-request", "the request is malformed", { cause: error });
  }
  return undefined;
}

/** Lets only so many POST requests run at once: an onion request is held in memory whole. */
export function limitPosts(server: FastifyInstance, most: number): void {
  let running = 0;
  server.addHook("onRequest", async (request: FastifyRequest, reply: FastifyReply) => {
    if (request.method !== "POST") return;
    if (running >= most) {
      void reply.header("retry-after", "5");
      throw new FileServerError("busy", "too many uploads at once, try again later");
    }
    running++;
    reply.raw.once("close", () => void running--);
  });
}

/** An HTTP server that passes any body on as a stream and answers errors as one line of text. Routes are added by the caller. */
export function httpServer({ logger }: { logger: Logger }): FastifyInstance {
  const server = fastify({
    bodyLimit: ANY_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", (_request, body: Readable, done) => done(null, body));
  server.addHook("onSend", async (_request, reply) => {
    // Session Desktop compares the whole text, and takes no charset.
    if (String(reply.getHeader("content-type")).startsWith("application/json")) reply.type("application/json");
  });
  server.setErrorHandler((error, request, reply) => {
    const answer = toFileServerError(error);
    if (answer === undefined) logger.error("request_failed", errorFields(error));
    // The rest of a body that is refused is read and dropped, so that the sender gets to the answer.
    request.raw.resume();
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
