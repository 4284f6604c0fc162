import { type Link, LinkError } from "@swarmpost/rpc";
import { errorFields } from "@swarmpost/runtime";
import { type Answer, busyAnswer, textAnswer, timeoutAnswer } from "./answer.ts";
import { type Caller, timeFor } from "./caller.ts";

/** Kinds of requests on the local link to storage. */
const KIND = { rpc: 1, ready: 2 } as const;

/** Flags of a request: the body is wanted as text, and the request's id in this node's logs follows. */
const FLAGS = Buffer.from([0b11]);
const HEAD_BYTES = 3;
const RPC_TIMEOUT_MS = 25_000;
const READY_TIMEOUT_MS = 2_000;

/**
 * This node's storage over the local link: storage RPCs as their raw JSON text, and whether it is ready.
 * Request `u8 flags | request id | JSON text`, answer `u16le status | u8 content (1 = JSON, 2 = bytes) | body`.
 */
export class StorageRpc {
  readonly #link: Pick<Link, "request">;

  constructor(link: Pick<Link, "request">) {
    this.#link = link;
  }

  /** Has `{"method","params"}` answered by storage, which does all the parsing; not for a caller that is gone, nor longer than it stays. Never rejects. */
  async call(json: Buffer, caller: Caller): Promise<Answer> {
    const deadlineMs = timeFor(caller, RPC_TIMEOUT_MS);
    if (deadlineMs === 0) return timeoutAnswer;
    const { signal } = caller;
    try {
      const payload = Buffer.concat([FLAGS, caller.log.id, json]);
      const answer = readAnswer(await this.#link.request(KIND.rpc, payload, { deadlineMs, signal }));
      caller.log.step("storage_answered", { status: answer.status });
      return answer;
    } catch (error) {
      caller.log.step("storage_failed", errorFields(error));
      return failedAnswer(error);
    }
  }

  /** Why storage is not ready; undefined when it is. Never rejects. */
  async readiness(): Promise<string | undefined> {
    try {
      const reason = await this.#link.request(KIND.ready, Buffer.alloc(0), { deadlineMs: READY_TIMEOUT_MS });
      return reason.length === 0 ? undefined : reason.toString("utf8");
    } catch (error) {
      return error instanceof LinkError && error.code === "timeout" ? "storage is slow" : "storage is unreachable";
    }
  }
}

function readAnswer(bytes: Buffer): Answer {
  if (bytes.length < HEAD_BYTES) return textAnswer(500, "request failed");
  const content = bytes.readUInt8(2);
  const answer = { status: bytes.readUInt16LE(), json: content === 1, body: bytes.subarray(HEAD_BYTES) };
  return content === 2 ? { ...answer, binary: true } : answer;
}

function failedAnswer(error: unknown): Answer {
  const code = error instanceof LinkError ? error.code : undefined;
  if (code === "timeout" || code === "cancelled") return timeoutAnswer;
  if (code === "overloaded") return busyAnswer;
  if (code === "unreachable" || code === "lost") {
    return textAnswer(503, "Service node is not ready: storage is unreachable\n");
  }
  return textAnswer(500, "request failed");
}
