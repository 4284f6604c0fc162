import { type Abi, BaseError, decodeErrorResult, type Hex, InsufficientFundsError } from "viem";
import { serviceNodeRegistryAbi, swarmpostTokenAbi } from "./gen/abi.ts";
import { StakingError } from "./errors.ts";

const abi: Abi = [...serviceNodeRegistryAbi, ...swarmpostTokenAbi];

/** Runs what talks to the chain and turns viem's errors into coded ones; `what` names the step in the message. */
export async function onChain<T>(what: string, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    if (error instanceof StakingError || (error as Error).name === "AbortError") throw error;
    throw chainFailure(what, error);
  }
}

function chainFailure(what: string, cause: unknown): StakingError {
  if (!(cause instanceof BaseError)) return new StakingError("unreachable", `${what} failed`, { cause });
  if (cause.walk((error) => error instanceof InsufficientFundsError) !== null) {
    return new StakingError("insufficient-funds", `${what} failed: the account can't pay for the transaction`, {
      cause,
    });
  }
  const data = revertData(cause);
  if (data !== undefined) {
    const reason = errorName(data);
    return new StakingError("reverted", `${what} was refused: ${reason ?? "no reason given"}`, { reason, cause });
  }
  const reverted = cause.walk((error) => error instanceof Error && error.name.includes("Reverted"));
  if (reverted !== null) return new StakingError("reverted", `${what} was refused`, { cause });
  return new StakingError("unreachable", `${what} failed: the endpoint gave no usable answer`, { cause });
}

/** The bytes with which the contract reverted, wherever viem put them. */
function revertData(error: BaseError): Hex | undefined {
  let found: Hex | undefined;
  error.walk((each) => {
    const data = (each as { data?: unknown }).data;
    const inner = typeof data === "object" && data !== null ? (data as { data?: unknown }).data : data;
    if (typeof inner === "string" && /^0x[0-9a-f]{8,}$/i.test(inner)) found = inner as Hex;
    return false;
  });
  return found;
}

function errorName(data: Hex): string | undefined {
  try {
    return decodeErrorResult({ abi, data }).errorName;
  } catch {
    return undefined; // an error of another contract
  }
}
