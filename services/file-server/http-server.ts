import type { Readable } from "node:stream";
import { ContentError } from "@swarmpost/content";
import { DatabaseError } from "@swarmpost/postgres";
import { errorFields, type Logger } from "@swarmpost/runtime";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { FileServerError } from "./errors.ts";

/** Most that a base64 onion of the largest allowed file can have; each route has its own, smaller limit. */
const ANY_BODY_BYTES = 200_000_000;
const REQUEST_TIMEOUT_MS = 120_000;
/** A connection on which nothing moves for so long, in either direction, ends: who does not read its answer holds memory and a place. */
const IDLE_MS = 60_000;
/** How many requests wait for their turn. */
const MAX_WAITING = 1_000;

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

/** What is held in memory whole: onion requests and answers, and files as base64. */
function isHeldWhole({ method, url }: FastifyRequest): boolean {
  return method === "POST" || url.startsWith("/files/");
}

/** Lets only `most` of the requests that are held in memory whole run at once; the others wait `turnMs` for their turn, unread. */
export function limitHeldWhole(server: FastifyInstance, { most, turnMs }: { most: number; turnMs: number }): void {
  let running = 0;
  const waiting = new Set<() => void>();
  const leave = (): void => {
    const [next] = waiting;
    if (next === undefined) running--;
    else next(); // It takes the place over.
  };
  const turn = (raw: FastifyReply["raw"]): Promise<boolean> =>
    new Promise((resolve) => {
      const end = (came: boolean): void => {
        clearTimeout(timer);
        waiting.delete(take);
        raw.off("close", giveUp);
        resolve(came);
      };
      const take = (): void => end(true);
      const giveUp = (): void => end(false);
      const timer = setTimeout(giveUp, turnMs);
      waiting.add(take);
      raw.once("close", giveUp);
    });
  server.addHook("onRequest", async (request: FastifyRequest, reply: FastifyReply) => {
    if (!isHeldWhole(request)) return;
    if (running < most) running++;
    else if (waiting.size >= MAX_WAITING || !(await turn(reply.raw))) {
      void reply.header("retry-after", "5");
      throw new FileServerError("busy", "too many uploads at once, try again later");
    }
    reply.raw.once("close", leave);
  });
}

/**
 * An HTTP server that passes any body on as a stream and answers errors as one line of text; a connection on which nothing
 * moves for `idleMs` is ended. Routes are added by the caller.
 */
export function httpServer({ logger, idleMs = IDLE_MS }: { logger: Logger; idleMs?: number }): FastifyInstance {
  const server = fastify({
    bodyLimit: ANY_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: idleMs,
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
