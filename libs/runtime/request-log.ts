import { randomFillSync } from "node:crypto";
import type { Logger } from "./logger.ts";
import { errorFields, type SafeFields } from "./safe-fields.ts";

/** Bytes of a request id. */
export const REQUEST_ID_BYTES = 8;
/** Ids drawn at once: one by one they would cost a hundred times as much. */
const POOL_BYTES = 512 * REQUEST_ID_BYTES;

/**
 * The log lines of one request inside one node: each carries `request_id`, which is random, made where the request enters the
 * node and told to no other. While the debug level is off a step costs nothing but its call.
 */
export class RequestLog {
  /** Random; for the other service of the same node only. */
  readonly id: Buffer;
  readonly #logger: Logger;

  constructor(logger: Logger, id: Buffer) {
    this.#logger = logger;
    this.id = id;
  }

  /** A step on the way, at debug level. */
  step(event: string, fields?: SafeFields): void {
    if (this.#logger.debugging) this.#logger.debug(event, { ...fields, request_id: this.id.toString("hex") });
  }

  /** What nobody expected, at error level. */
  failed(event: string, error: unknown): void {
    this.#logger.error(event, { ...errorFields(error), request_id: this.id.toString("hex") });
  }
}

/** Makes the logs of a service's requests. */
export class RequestLogs {
  readonly #logger: Logger;
  #pool = Buffer.alloc(0);
  #at = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** The log of a request that enters the node here. */
  begin(): RequestLog {
    if (this.#at === this.#pool.length) {
      this.#pool = randomFillSync(Buffer.allocUnsafe(POOL_BYTES));
      this.#at = 0;
    }
    this.#at += REQUEST_ID_BYTES;
    return new RequestLog(this.#logger, this.#pool.subarray(this.#at - REQUEST_ID_BYTES, this.#at));
  }

  /** The log of a request that entered the node at its other service, which gave it this id. */
  resume(id: Buffer): RequestLog {
    return new RequestLog(this.#logger, id);
  }
}
