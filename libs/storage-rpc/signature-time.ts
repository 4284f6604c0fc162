import { SIGNATURE_TOLERANCE_MS } from "./limits.ts";
import { RpcError } from "./rpc-error.ts";

/**
 * The 406 of a signature made too far from now, or undefined when it is fresh.
 *
 * @param what how the error begins, e.g. `retrieve` or `store signature`.
 */
export function checkSignatureTime(
  what: string,
  timestampMs: number,
  nowMs: number,
  toleranceMs: number = SIGNATURE_TOLERANCE_MS,
): RpcError | undefined {
  if (Math.abs(timestampMs - nowMs) <= toleranceMs) return undefined;
  return new RpcError(406, `${what} timestamp too far from current time`);
}
