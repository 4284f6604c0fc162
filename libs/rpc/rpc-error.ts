import { status } from "@grpc/grpc-js";

/** The gRPC status codes under names of our own spelling (grpc.io, "Status codes and their use in gRPC"). */
export type RpcCode =
  | "cancelled"
  | "unknown"
  | "invalid-argument"
  | "deadline-exceeded"
  | "not-found"
  | "already-exists"
  | "permission-denied"
  | "resource-exhausted"
  | "failed-precondition"
  | "aborted"
  | "out-of-range"
  | "unimplemented"
  | "internal"
  | "unavailable"
  | "data-loss"
  | "unauthenticated";

const numbers: Record<RpcCode, number> = {
  cancelled: status.CANCELLED,
  unknown: status.UNKNOWN,
  "invalid-argument": status.INVALID_ARGUMENT,
  "deadline-exceeded": status.DEADLINE_EXCEEDED,
  "not-found": status.NOT_FOUND,
  "already-exists": status.ALREADY_EXISTS,
  "permission-denied": status.PERMISSION_DENIED,
  "resource-exhausted": status.RESOURCE_EXHAUSTED,
  "failed-precondition": status.FAILED_PRECONDITION,
  aborted: status.ABORTED,
  "out-of-range": status.OUT_OF_RANGE,
  unimplemented: status.UNIMPLEMENTED,
  internal: status.INTERNAL,
  unavailable: status.UNAVAILABLE,
  "data-loss": status.DATA_LOSS,
  unauthenticated: status.UNAUTHENTICATED,
};

const names = new Map<number, RpcCode>(Object.entries(numbers).map(([name, number]) => [number, name as RpcCode]));

/**
 * A gRPC call that ended badly. Thrown by clients; thrown by a handler it becomes the status of the call, and its message
 * (and nothing else) crosses the wire: write only text that any caller may read.
 */
export class RpcError extends Error {
  readonly code: RpcCode;

  constructor(code: RpcCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RpcError";
    this.code = code;
  }
}

/** What a thrown value tells the caller: an RpcError speaks for itself, anything else is "internal" without its text. */
export function toStatus(error: unknown): { code: number; details: string } {
  if (error instanceof RpcError) return { code: numbers[error.code], details: error.message };
  return { code: status.INTERNAL, details: "internal error" };
}

/** Turns what grpc-js rejected a call with into an RpcError, keeping the cause. */
export function fromServiceError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  const { code, details } = error as { code?: unknown; details?: unknown };
  const name = typeof code === "number" ? names.get(code) : undefined;
  const text = typeof details === "string" && details !== "" ? details : "the call failed";
  return new RpcError(name ?? "unknown", text, { cause: error });
}
