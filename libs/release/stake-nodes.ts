import type { Pubkey } from "@swarmpost/crypto";
import { errorFields, type JobRuntime, retryForever } from "@swarmpost/runtime";
import {
  type Address,
  type Hex,
  readStakedNodes,
  registerNodes,
  type SignedRegistration,
  type StakedNode,
  StakingError,
  type StakingFacts,
} from "@swarmpost/staking";
import { ReleaseError } from "./errors.ts";

/** Who stakes, where. */
export interface Staker {
  readonly rpcUrl: string;
  readonly contract: Address;
  readonly facts: StakingFacts;
  readonly operator: Address;
  readonly operatorKey: Hex;
  /** Mints what the operator lacks, on a development chain. */
  readonly minterKey?: Hex;
}

const RETRY = { minMs: 500, maxMs: 3_000 } as const;
const MOST_ATTEMPTS = 12;
const TOKEN = 10n ** 18n;

/** The operator's own registrations, by node. Another's for the same key are none: they lack the node's signature. */
export async function stakesOf(staker: Staker): Promise<Map<Pubkey, StakedNode>> {
  const own = (await readStakedNodes(staker)).filter((node) => sameAccount(node.operator, staker.operator));
  return new Map(own.map((node) => [node.nodeKey, node]));
}

/**
 * Registers those that are not yet. Another release may use the same accounts at the same time: what fails over that is
 * tried again, from what the chain has then.
 * @throws ReleaseError `no-funds`, StakingError when it keeps failing, AbortError
 */
export async function stakeNodes(
  staker: Staker,
  nodes: readonly SignedRegistration[],
  { signal, logger }: Pick<JobRuntime, "signal" | "logger">,
): Promise<void> {
  const onFailure = (error: unknown, attempt: number): void => {
    if (!(error instanceof StakingError) || attempt >= MOST_ATTEMPTS) throw error;
    if (error.code === "insufficient-funds") throw noFunds(staker, nodes.length, error);
    logger.warn("registration_failed", { attempt, ...errorFields(error) });
  };
  await retryForever(signal, { ...RETRY, onFailure }, async () => {
    const staked = await stakesOf(staker);
    await registerNodes({ ...staker, nodes: nodes.filter(({ nodeKey }) => !staked.has(nodeKey)) });
  });
}

function noFunds(staker: Staker, count: number, cause: Error): ReleaseError {
  const needed = (staker.facts.stakingRequirement * BigInt(count)) / TOKEN;
  const text = `the operator's account must hold ${needed} tokens (of 18 decimals) to stake for ${count} nodes, and coins to pay for transactions`;
  return new ReleaseError("no-funds", text, { cause });
}

function sameAccount(a: Address, b: Address): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
