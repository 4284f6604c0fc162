import { generateSeed, type NodeKeys, nodeKeysFromSeed } from "@swarmpost/crypto";
import { type Anvil, type AnvilOptions, startAnvil } from "@swarmpost/testkit";
import type { Hex } from "viem";
import { deployStaking, type StakingDeployment } from "./deploy.ts";
import { developmentKey } from "./development-keys.ts";
import type { StakingParameters } from "./parameters.ts";

/** A fresh local chain with a staking contract, for tests. */
export interface TestChain extends AsyncDisposable {
  readonly anvil: Anvil;
  readonly staking: StakingDeployment;
  readonly target: { rpcUrl: string; contract: Hex };
  /** Owns the development token. */
  readonly minterKey: Hex;
}

/** Starts anvil and deploys with a short unlock delay and no wait for finality, unless told otherwise. */
export async function startTestChain(
  parameters: Partial<StakingParameters> = {},
  options: AnvilOptions = {},
): Promise<TestChain> {
  const anvil = await startAnvil(options);
  const minterKey = developmentKey(0);
  const short = { unlockDelayBlocks: 3, finalityBlocks: 0, ...parameters };
  const staking = await deployStaking({ rpcUrl: anvil.url, deployerKey: minterKey, parameters: short });
  return {
    anvil,
    staking,
    target: { rpcUrl: anvil.url, contract: staking.contract },
    minterKey,
    [Symbol.asyncDispose]: () => anvil[Symbol.asyncDispose](),
  };
}

/** Makes `count` empty blocks at once. */
export async function mineBlocks(anvil: Anvil, count: number): Promise<void> {
  await anvilCall(anvil, "anvil_mine", [`0x${count.toString(16)}`]);
}

/** Calls a method of anvil's own. */
export async function anvilCall(anvil: Anvil, method: string, params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(anvil.url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}

/** Fresh node keys. */
export function someNodes(count: number): NodeKeys[] {
  return Array.from({ length: count }, () => nodeKeysFromSeed(generateSeed()));
}
