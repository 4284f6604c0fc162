import { type LinkHandler, LinkRefusal, MAX_FRAME_BYTES } from "@swarmpost/rpc";
import { REQUEST_ID_BYTES, type RequestLog, type RequestLogs } from "@swarmpost/runtime";
import { type ParsedRequest, parseRequest, RpcError, type SubRequest, waits } from "@swarmpost/storage-rpc";
import { StorageError } from "./errors.ts";
import { type Answer, bodyJson, notReady, refused } from "./methods/answer.ts";
import { runBatch } from "./methods/batch.ts";
import { Caller } from "./methods/caller.ts";
import { runIfElse } from "./methods/ifelse.ts";

/** Kinds of requests on the local link, which the relay of the same node calls. */
export const LOCAL_KIND = { rpc: 1, readiness: 2 } as const;

const TEXT = 0;
const JSON_BODY = 1;
const BINARY = 2;
/** Flag of a request: its id in the logs of this node follows. */
const NAMED = 2;

/** What fits into one frame: only a batch of large retrieves without limits of their own is longer. */
const MAX_ANSWER_BYTES = MAX_FRAME_BYTES - 1024;

/** What the local server needs. */
export interface StorageRpcParts {
  /** Runs one request. @throws StorageError. */
  run(request: SubRequest, caller: Caller): Promise<Answer>;
  /** Height of the chain, for `ifelse`. */
  height(): number;
  /** Why this node is of no use now; empty when it is ready. */
  notReady(): string;
  /** True from the beginning of the shutdown on. */
  draining(): boolean;
  /** Told of each answered request. */
  onAnswer(method: string, status: number, startedMs: number): void;
  readonly logs: RequestLogs;
}

/** Answers the relay: kind 1 is a storage RPC, kind 2 asks whether the node is ready. */
export function storageRpcHandler(parts: StorageRpcParts): LinkHandler {
  return async (request) => {
    const { kind, payload } = request;
    if (kind === LOCAL_KIND.readiness) return Buffer.from(parts.notReady(), "utf8");
    if (kind !== LOCAL_KIND.rpc || payload.length < 1) throw new LinkRefusal(400, "no such request");
    const { json, log } = readRequest(payload, parts.logs);
    const result = parts.draining()
      ? notReady("shutting down")
      : await answer(json, { log, parts, caller: new Caller(request) });
    log.step("rpc_answered", { status: result.status });
    return encodeAnswer(result);
  };
}

/** u8 flags ‖ request id, when the flags say so ‖ JSON. Whether the body is wanted as text the answer's content byte says. */
function readRequest(payload: Buffer, logs: RequestLogs): { json: Buffer; log: RequestLog } {
  const named = ((payload[0] ?? 0) & NAMED) !== 0 && payload.length > REQUEST_ID_BYTES;
  if (!named) return { json: payload.subarray(1), log: logs.begin() };
  const end = 1 + REQUEST_ID_BYTES;
  return { json: payload.subarray(end), log: logs.resume(payload.subarray(1, end)) };
}

/** One request with all that is in it. */
interface Context {
  readonly log: RequestLog;
  readonly parts: StorageRpcParts;
  readonly caller: Caller;
}

async function answer(json: Buffer, context: Context): Promise<Answer> {
  const { log, parts } = context;
  const started = performance.now();
  let method = "unparsed";
  let result: Answer;
  try {
    const request = parseRequest(json);
    method = waits(request) ? "long_poll" : request.method;
    log.step("rpc_taken", { method });
    result = await runAny(request, context);
  } catch (error) {
    result = failure(error, log);
  }
  parts.onAnswer(method, result.status, started);
  return result;
}

/** Runs any request, and all that is in it. */
async function runAny(request: ParsedRequest, context: Context): Promise<Answer> {
  if (request.method === "ifelse") {
    return runIfElse(request, context.parts.height(), (branch) => runAny(branch, context));
  }
  const run = (each: SubRequest) => guarded(each, context);
  return "requests" in request ? runBatch(request, run) : run(request);
}

async function guarded(request: SubRequest, { log, parts, caller }: Context): Promise<Answer> {
  return parts.run(request, caller).catch((error: unknown) => failure(error, log));
}

function failure(error: unknown, log: RequestLog): Answer {
  if (error instanceof RpcError) return refused(error);
  if (error instanceof StorageError && error.code === "unavailable") return notReady("database unavailable");
  log.failed("request_failed", error);
  return { status: 500, body: "request failed" };
}

/** u16le status ‖ u8 content (0 text, 1 JSON, 2 bytes) ‖ body. */
function encodeAnswer({ status, body }: Answer): Buffer {
  const [content, bytes] = contentOf(body);
  if (bytes.length > MAX_ANSWER_BYTES) return encodeAnswer({ status: 500, body: "request failed" });
  const head = Buffer.alloc(3);
  head.writeUInt16LE(status);
  head.writeUInt8(content, 2);
  return Buffer.concat([head, bytes]);
}

function contentOf(body: Answer["body"]): [content: number, bytes: Uint8Array] {
  if (body instanceof Uint8Array) return [BINARY, body];
  if (typeof body === "string") return [TEXT, Buffer.from(body, "utf8")];
  return [JSON_BODY, Buffer.from(bodyJson(body), "utf8")];
}
