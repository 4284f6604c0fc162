import { backoff, type JobRuntime, readClusterTls, retryForever, sleep } from "@swarmpost/runtime";
import { accountAddress, developmentKey, type Hex, readStakingFacts, type StakedNode } from "@swarmpost/staking";
import { ReleaseError } from "./errors.ts";
import { firstAnswer } from "./first-answer.ts";
import type { RegisterConfig } from "./register-config.ts";
import { type AgreedNode, Relays } from "./relay-signatures.ts";
import { stakeNodes, type Staker, stakesOf } from "./stake-nodes.ts";
import { unlockNode } from "./unlock-nodes.ts";

const RETRY = { minMs: 500, maxMs: 5_000 } as const;

/**
 * Stakes for every node that is not registered yet, as soon as its relay answers, and unlocks those that are to go. Says of
 * each node where it stands. Can run as often as it likes.
 * @throws ReleaseError `unregistered`, `no-funds`, `settings`; StakingError
 */
export async function register(config: RegisterConfig, runtime: JobRuntime): Promise<void> {
  const limit = AbortSignal.timeout(config.REGISTER_TIMEOUT_MS);
  const bounded = { ...runtime, signal: AbortSignal.any([runtime.signal, limit]) };
  const waiting = new Set(config.RELAYS.map(([pod]) => pod));
  const at = { chain: false };
  try {
    const staker = await openChain(config, bounded);
    at.chain = true;
    const nodes = await registerAll(config, staker, waiting, bounded);
    await tellAll(config, staker, nodes, bounded);
  } catch (error) {
    if (!limit.aborted || runtime.signal.aborted) throw error;
    const what = at.chain ? `the relays of ${[...waiting].join(", ")} did not answer` : "the chain did not answer";
    if (at.chain && waiting.size === 0) throw error;
    throw new ReleaseError("unregistered", `${what} within ${config.REGISTER_TIMEOUT_MS} ms`, { cause: error });
  }
}

async function openChain(config: RegisterConfig, { signal }: JobRuntime): Promise<Staker> {
  const account = operatorOf(config);
  const contract = config.CHAIN_CONTRACT;
  const found = await retryForever(signal, RETRY, () =>
    firstAnswer(config.CHAIN_RPC_URLS, async (rpcUrl) => ({
      rpcUrl,
      facts: await readStakingFacts({ rpcUrl, contract }),
    })),
  );
  return { ...found, ...account, contract, operator: accountAddress(account.operatorKey) };
}

/** `waiting` holds the pods whose relay has not answered yet. */
async function registerAll(
  config: RegisterConfig,
  staker: Staker,
  waiting: Set<string>,
  runtime: JobRuntime,
): Promise<AgreedNode[]> {
  await using relays = new Relays(config.RELAYS, { tls: readClusterTls(config) }, runtime.logger);
  const { facts, contract, operator } = staker;
  const agreement = { chainId: facts.chainId, contract, operator };
  const nodes: AgreedNode[] = [];
  for (let attempt = 1; waiting.size > 0; attempt++) {
    if (attempt > 1) await sleep(backoff(attempt - 1, RETRY), runtime.signal);
    const answered = await relays.ask([...waiting], agreement, runtime.signal);
    const staying = answered.filter(({ pod }) => !config.UNLOCK_NODES.includes(pod));
    await stakeNodes(staker, staying, runtime);
    nodes.push(...answered);
    for (const { pod } of answered) waiting.delete(pod);
  }
  const order = new Map(config.RELAYS.map(([pod], index) => [pod, index]));
  return nodes.sort((a, b) => order.get(a.pod)! - order.get(b.pod)!);
}

async function tellAll(
  config: RegisterConfig,
  staker: Staker,
  nodes: readonly AgreedNode[],
  { print, signal }: JobRuntime,
): Promise<void> {
  const staked = await stakesOf(staker);
  for (const { pod, nodeKey } of nodes) {
    const stake = staked.get(nodeKey);
    const leaves = stake !== undefined && config.UNLOCK_NODES.includes(pod);
    print(`${pod}: ${leaves ? await unlockNode(stake, { ...staker, signal }) : standing(stake)}`);
  }
}

function standing(stake: StakedNode | undefined): string {
  if (stake === undefined) return "not in the network";
  if (stake.unlockRequestedAt === 0n) return `registered since block ${stake.registeredAt}`;
  return `asked to leave in block ${stake.unlockRequestedAt}, which can't be taken back: name it in nodes.unlock until it has left`;
}

function operatorOf(config: RegisterConfig): { operatorKey: Hex; minterKey?: Hex } {
  if (config.OPERATOR_KEY !== undefined) return { operatorKey: config.OPERATOR_KEY };
  const account = config.OPERATOR_DEVELOPMENT_ACCOUNT;
  if (account === undefined) {
    throw new ReleaseError("settings", "OPERATOR_KEY or OPERATOR_DEVELOPMENT_ACCOUNT must say who stakes");
  }
  return { operatorKey: developmentKey(account), minterKey: developmentKey(0) };
}
