/**
 * How a request over a link can end badly.
 * - "unreachable": surely not delivered; it may be tried again, here or elsewhere.
 * - "timeout": delivered or under way, no answer within the deadline; never repeated by the link.
 * - "lost": the link broke after the request may have been delivered; never repeated by the link.
 * - "refused": the other end answered with a refusal; `detail` is its number.
 * - "cancelled": the caller took it back; delivered or not, its answer is not waited for.
 * - "overloaded": too much is outstanding on this link; surely not delivered.
 */
export type LinkErrorCode = "unreachable" | "timeout" | "lost" | "refused" | "cancelled" | "overloaded";

/** A request over a link that got no good answer. The message holds no address and no key. */
export class LinkError extends Error {
  readonly code: LinkErrorCode;
  /** The refusal's number, only with "refused". */
  readonly detail: number | undefined;

  constructor(code: LinkErrorCode, message: string, options: ErrorOptions & { detail?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "LinkError";
    this.code = code;
    this.detail = options.detail;
  }
}

/** Thrown by a LinkHandler to refuse a request: number and text reach the caller as LinkError "refused". */
export class LinkRefusal extends Error {
  /** 0 to 65,535; meaning agreed between the ends, HTTP-like where possible. */
  readonly code: number;

  constructor(code: number, text: string, options?: ErrorOptions) {
    super(text, options);
    this.name = "LinkRefusal";
    this.code = code;
  }
}
