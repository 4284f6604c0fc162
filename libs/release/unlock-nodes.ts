import type { Pubkey } from "@swarmpost/crypto";
import { sleep } from "@swarmpost/runtime";
import {
  exitNode,
  type OperatorOptions,
  readHeight,
  requestUnlock,
  type StakedNode,
  type StakingFacts,
} from "@swarmpost/staking";

/** A delay that is over within this time is waited for. */
const WAIT_BLOCKS = 20n;
const LOOK_MS = 1_000;

/** What is to be unlocked. */
export interface UnlockOptions extends OperatorOptions {
  readonly facts: Pick<StakingFacts, "unlockDelayBlocks">;
  readonly signal: AbortSignal;
}

/**
 * Brings a stake one step on: asks to unlock it, and ends it once its delay is over. Answers where it stands, in words.
 * @throws StakingError; AbortError
 */
export async function unlockNode(
  node: StakedNode & { readonly nodeKey: Pubkey },
  options: UnlockOptions,
): Promise<string> {
  const account = { rpcUrl: options.rpcUrl, contract: options.contract, operatorKey: options.operatorKey, id: node.id };
  const requestedAt = node.unlockRequestedAt > 0n ? node.unlockRequestedAt : await requestUnlock(account);
  const unlocksAt = requestedAt + BigInt(options.facts.unlockDelayBlocks);
  let height = await readHeight(options.rpcUrl);
  if (unlocksAt - height > WAIT_BLOCKS) {
    return `unlocks at block ${unlocksAt}, now ${height}: run helm upgrade again after it`;
  }
  while (height < unlocksAt) {
    await sleep(LOOK_MS, options.signal);
    height = await readHeight(options.rpcUrl);
  }
  await exitNode(account);
  return "left the network; its stake is back";
}
