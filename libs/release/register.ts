import { type JobRuntime, retryForever } from "@swarmpost/runtime";
import {
  accountAddress,
  developmentKey,
  type Hex,
  readStakedNodes,
  readStakingFacts,
  registerNodes,
  type StakedNode,
} from "@swarmpost/staking";
import { ReleaseError } from "./errors.ts";
import { firstAnswer } from "./first-answer.ts";
import type { RegisterConfig } from "./register-config.ts";
import { type AgreedNode, askRelays, channelOptions } from "./relay-signatures.ts";
import { unlockNode } from "./unlock-nodes.ts";

const RETRY = { minMs: 500, maxMs: 5_000 } as const;

interface Operator {
  readonly operatorKey: Hex;
  readonly minterKey?: Hex;
}

/**
 * Stakes for every node that is not registered yet, and unlocks those that are to go. Says of each node where it stands.
 * Waits for the chain and the relays; can run as often as it likes.
 * @throws ReleaseError, StakingError
 */
export async function register(config: RegisterConfig, runtime: JobRuntime): Promise<void> {
  const { logger, print } = runtime;
  const signal = AbortSignal.any([runtime.signal, AbortSignal.timeout(config.REGISTER_TIMEOUT_MS)]);
  const operator = operatorOf(config);
  const chain = await retryForever(signal, RETRY, () =>
    firstAnswer(config.CHAIN_RPC_URLS, async (rpcUrl) => {
      const target = { rpcUrl, contract: config.CHAIN_CONTRACT };
      return { ...target, facts: await readStakingFacts(target) };
    }),
  );
  const binding = { ...chain.facts, contract: chain.contract, operator: accountAddress(operator.operatorKey) };
  const nodes = await askRelays(config.RELAYS, binding, await channelOptions(config), { logger, signal });
  const staked = new Map((await readStakedNodes(chain)).map((node) => [node.nodeKey, node]));
  const leaving = (node: AgreedNode): boolean => config.UNLOCK_NODES.includes(node.pod);
  const joining = nodes.filter((node) => !staked.has(node.nodeKey) && !leaving(node));
  await registerNodes({ ...chain, ...operator, nodes: joining });
  for (const node of nodes) {
    const at = staked.get(node.nodeKey);
    if (leaving(node) && at !== undefined) {
      print(line(node, await unlockNode(at, { ...chain, operatorKey: operator.operatorKey, signal })));
    } else print(line(node, standing(node, at, joining)));
  }
  print(`${joining.length} nodes were registered now, ${nodes.length - joining.length} were before or are leaving`);
}

function standing(node: AgreedNode, at: StakedNode | undefined, joining: readonly AgreedNode[]): string {
  if (joining.includes(node)) return "registered now";
  return at === undefined ? "not in the network" : `registered since block ${at.registeredAt}`;
}

function line(node: AgreedNode, state: string): string {
  return `${node.pod}  ${node.nodeKey}  ${state}`;
}

function operatorOf(config: RegisterConfig): Operator {
  if (config.OPERATOR_KEY !== undefined) return { operatorKey: config.OPERATOR_KEY };
  const account = config.OPERATOR_DEVELOPMENT_ACCOUNT;
  if (account === undefined) {
    throw new ReleaseError("settings", "OPERATOR_KEY or OPERATOR_DEVELOPMENT_ACCOUNT must say who stakes");
  }
  return { operatorKey: developmentKey(account), minterKey: developmentKey(0) };
}
