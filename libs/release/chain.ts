import { errorFields, type Runtime, retryForever, sleep } from "@swarmpost/runtime";
import { deployStaking, developmentKey, readStakingFacts, StakingError } from "@swarmpost/staking";
import { AnvilProcess } from "./anvil-process.ts";
import type { ChainConfig } from "./chain-config.ts";
import { ChainState } from "./chain-state.ts";
import { developmentContract } from "./development-contract.ts";
import { ReleaseError } from "./errors.ts";
import { callChain } from "./json-rpc.ts";

/** How often the chain is looked at, and at most this share of the time is spent on keeping it. */
const SAVE = { everyMs: 500, share: 20 } as const;
const START = { minMs: 50, maxMs: 250 } as const;

/**
 * Runs a development chain with the staking contract on it, and keeps it in a folder. Ready once the contract is there.
 * @throws ReleaseError `chain` when anvil can't run or the contract is not where it must be
 */
export async function createChain(config: ChainConfig, runtime: Runtime): Promise<AsyncDisposable> {
  await using starting = new AsyncDisposableStack();
  const state = new ChainState(config.CHAIN_STATE_DIR);
  const url = `http://127.0.0.1:${config.CHAIN_PORT}`;
  const anvil = starting.use(
    new AnvilProcess({
      program: config.ANVIL,
      host: config.CHAIN_HOST,
      port: config.CHAIN_PORT,
      blockSeconds: Math.round(config.CHAIN_BLOCK_MS / 1000),
      stateFile: await state.file(),
    }),
  );
  const gone = anvil.ended.then(() => {
    throw new ReleaseError("chain", "anvil ended");
  });
  gone.catch(() => undefined);
  const answering = retryForever(runtime.signal, START, () => callChain(url, "eth_chainId"));
  await Promise.race([answering, gone]);
  await Promise.race([provideContract(url, config), gone]);
  await state.save(url);
  const saving = keepSaving(state, url, runtime);
  starting.defer(() => saving);
  let running = true;
  anvil.ended.finally(() => (running = false)).catch(() => undefined);
  runtime.health.check("anvil", () => (running ? undefined : "it ended"));
  return starting.move();
}

/** Token and contract are the first two transactions of account 0, so that every such chain has them in the same place. */
async function provideContract(rpcUrl: string, config: ChainConfig): Promise<void> {
  try {
    await readStakingFacts({ rpcUrl, contract: developmentContract });
    return;
  } catch (error) {
    if (!(error instanceof StakingError && error.code === "no-contract")) throw error;
  }
  const made = await deployStaking({
    rpcUrl,
    deployerKey: developmentKey(0),
    parameters: {
      finalityBlocks: config.CHAIN_FINALITY_BLOCKS,
      unlockDelayBlocks: config.CHAIN_UNLOCK_DELAY_BLOCKS,
    },
  });
  if (made.contract.toLowerCase() === developmentContract.toLowerCase()) return;
  throw new ReleaseError(
    "chain",
    "the chain in the state folder was used for something else: it has no place for the contract",
  );
}

/** Until the process is told to stop; then once more, so that nothing is lost in an orderly end. */
async function keepSaving(state: ChainState, url: string, { signal, logger }: Runtime): Promise<void> {
  const save = async (): Promise<number> =>
    await state.save(url).catch((error: unknown) => {
      logger.error("state_not_kept", errorFields(error));
      return 0;
    });
  while (!signal.aborted) {
    const tookMs = await save();
    await sleep(Math.max(SAVE.everyMs, tookMs * SAVE.share), signal).catch(() => undefined);
  }
  await save();
}
