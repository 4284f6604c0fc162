import { type LinkHandler, LinkRefusal, MAX_FRAME_BYTES } from "@swarmpost/rpc";
import { parseRequest, RpcError, type SubRequest } from "@swarmpost/storage-rpc";
import { StorageError } from "./errors.ts";
import { type Answer, notReady, refused } from "./methods/answer.ts";
import { runBatch } from "./methods/batch.ts";

/** Kinds of requests on the local link, which the relay of the same node calls. */
export const LOCAL_KIND = { rpc: 1, readiness: 2 } as const;

const TEXT = 0;
const JSON_BODY = 1;

/** What fits into one frame: only a batch of large retrieves without limits of their own is longer. */
const MAX_ANSWER_BYTES = MAX_FRAME_BYTES - 1024;

/** What the local server needs. */
export interface StorageRpcParts {
  /** Runs one request. @throws StorageError. */
  run(request: SubRequest): Promise<Answer>;
  /** Why this node is of no use now; empty when it is ready. */
  notReady(): string;
  /** True from the beginning of the shutdown on. */
  draining(): boolean;
  /** Told of each answered request. */
  onAnswer(method: string, status: number, startedMs: number): void;
  /** Told of what nobody expected. */
  onError(error: unknown): void;
}

/** Answers the relay: kind 1 is a storage RPC, kind 2 asks whether the node is ready. */
export function storageRpcHandler(parts: StorageRpcParts): LinkHandler {
  return async ({ kind, payload }) => {
    if (kind === LOCAL_KIND.readiness) return Buffer.from(parts.notReady(), "utf8");
    if (kind !== LOCAL_KIND.rpc || payload.length < 1) throw new LinkRefusal(400, "no such request");
    // Byte 0 holds flags of the caller; the content byte of the answer says all that it needs.
    return encodeAnswer(parts.draining() ? notReady("shutting down") : await answer(payload.subarray(1), parts));
  };
}

async function answer(json: Buffer, parts: StorageRpcParts): Promise<Answer> {
  const started = performance.now();
  let method = "unparsed";
  let result: Answer;
  try {
    const request = parseRequest(json);
    method = request.method;
    const run = (each: SubRequest) => guarded(each, parts);
    result = "requests" in request ? await runBatch(request, run) : await run(request);
  } catch (error) {
    result = failure(error, parts);
  }
  parts.onAnswer(method, result.status, started);
  return result;
}

async function guarded(request: SubRequest, parts: StorageRpcParts): Promise<Answer> {
  return parts.run(request).catch((error: unknown) => failure(error, parts));
}

function failure(error: unknown, parts: StorageRpcParts): Answer {
  if (error instanceof RpcError) return refused(error);
  if (error instanceof StorageError && error.code === "unavailable") return notReady("database unavailable");
  parts.onError(error);
  return { status: 500, body: "request failed" };
}

/** u16le status ‖ u8 content (0 text, 1 JSON) ‖ body. */
function encodeAnswer({ status, body }: Answer): Buffer {
  const isText = typeof body === "string";
  const bytes = Buffer.from(isText ? body : JSON.stringify(body), "utf8");
  if (bytes.length > MAX_ANSWER_BYTES) return encodeAnswer({ status: 500, body: "request failed" });
  const head = Buffer.alloc(3);
  head.writeUInt16LE(status);
  head.writeUInt8(isText ? TEXT : JSON_BODY, 2);
  return Buffer.concat([head, bytes]);
}
