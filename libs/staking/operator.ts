import { setTimeout as delay } from "node:timers/promises";
import type { NodeKeys, Pubkey } from "@swarmpost/crypto";
import { signRegistration } from "@swarmpost/proof";
import { type Address, encodeFunctionData, type Hex, type PublicClient, toHex, type TransactionReceipt } from "viem";
import { openChain } from "./chain-client.ts";
import { onChain } from "./chain-failure.ts";
import { StakingError } from "./errors.ts";
import { decodeStakingEvents, type NodeRegistered } from "./events.ts";
import { serviceNodeRegistryAbi } from "./gen/abi.ts";
import { type StakingTarget, stakingFacts } from "./reads.ts";
import { approveCall, mintCall, tokenBalance } from "./token.ts";
import { type Call, TransactionSender } from "./transaction-sender.ts";

/** An operator's account at a staking contract. One call at a time for each account. */
export interface OperatorOptions extends StakingTarget {
  /** Private key of the account that stakes and pays for the transactions. */
  readonly operatorKey: Hex;
}

/** A node key and its agreement to be registered by this operator. */
export interface SignedRegistration {
  readonly nodeKey: Pubkey;
  /** See `signRegistration`. */
  readonly signature: Uint8Array;
}

/** What to register. */
export interface RegisterOptions extends OperatorOptions {
  /** The nodes: their keys, or what they signed themselves (a node's secret need not leave its pod). */
  readonly nodes: readonly (NodeKeys | SignedRegistration)[];
  /** Owner of the development token, who mints what the operator lacks. Without it the operator must own the stake. */
  readonly minterKey?: Hex;
}

/**
 * Stakes for all given nodes: mints what is missing, approves, and sends all registrations at once, so that they share a
 * block or two.
 * @returns one registration event for each node, in the order given.
 * @throws StakingError `insufficient-funds`, `reverted` (say, `AlreadyRegistered`), `no-contract`, `unreachable`.
 */
export async function registerNodes(options: RegisterOptions): Promise<NodeRegistered[]> {
  if (options.nodes.length === 0) return [];
  return await onChain("registering nodes", async () => {
    const client = openChain(options.rpcUrl);
    const sender = await TransactionSender.open(client, options.operatorKey);
    await provideStake(client, sender, options);
    const calls = options.nodes.map((node) => registerCall(options.contract, signed(node, sender, options.contract)));
    const gas = await sender.gasFor(calls[0] as Call); // the first costs most: it opens the contract's own slots
    const receipts = await sender.sendAll(calls.map((call) => ({ ...call, gas })));
    return receipts.map(registrationIn);
  });
}

/**
 * Asks to unlock a registration; its node stays in the network until `exitNode`.
 * @returns the block of the request.
 * @throws StakingError `reverted` (`UnknownNode`, `NotOperator`, `UnlockAlreadyRequested`), `unreachable`.
 */
export async function requestUnlock(options: OperatorOptions & { readonly id: bigint }): Promise<bigint> {
  return (await act("asking to unlock", options, "requestUnlock", options.id)).blockNumber;
}

/**
 * Ends a registration after its unlock delay; the stake goes back to the operator.
 * @returns the block of the exit.
 * @throws StakingError `reverted` (`UnlockNotRequested`, `StillLocked`, `NotOperator`, `UnknownNode`), `unreachable`.
 */
export async function exitNode(options: OperatorOptions & { readonly id: bigint }): Promise<bigint> {
  return (await act("leaving the network", options, "exit", options.id)).blockNumber;
}

/**
 * Leaves the network whole: asks to unlock, waits out the delay, exits. On a chain that makes blocks only on demand
 * somebody must make them meanwhile.
 * @returns the block of the exit.
 * @throws StakingError as `requestUnlock` and `exitNode`; AbortError when `signal` is aborted while it waits.
 */
export async function leaveNetwork(
  options: OperatorOptions & { readonly id: bigint; readonly signal?: AbortSignal },
): Promise<bigint> {
  const requestedAt = await requestUnlock(options);
  const client = openChain(options.rpcUrl);
  await onChain("waiting for the unlock", async () => {
    const { unlockDelayBlocks } = await stakingFacts(client, options.contract);
    const unlocksAt = requestedAt + BigInt(unlockDelayBlocks);
    while ((await client.getBlockNumber()) < unlocksAt) {
      await delay(100, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  });
  return await exitNode(options);
}

async function act(
  what: string,
  options: OperatorOptions,
  functionName: "requestUnlock" | "exit",
  id: bigint,
): Promise<TransactionReceipt> {
  return await onChain(what, async () => {
    const sender = await TransactionSender.open(openChain(options.rpcUrl), options.operatorKey);
    const data = encodeFunctionData({ abi: serviceNodeRegistryAbi, functionName, args: [id] });
    return await sender.send({ to: options.contract, data });
  });
}

async function provideStake(client: PublicClient, sender: TransactionSender, options: RegisterOptions): Promise<void> {
  const { token, stakingRequirement } = await stakingFacts(client, options.contract);
  const needed = stakingRequirement * BigInt(options.nodes.length);
  const missing = needed - (await tokenBalance(client, token, sender.address));
  const approve = approveCall(token, options.contract, needed);
  if (missing <= 0n) return void (await sender.send(approve));
  if (options.minterKey === undefined) {
    throw new StakingError("insufficient-funds", "the operator's account does not hold the stake of all nodes");
  }
  const mint = mintCall(token, sender.address, missing);
  if (options.minterKey === options.operatorKey) return void (await sender.sendAll([mint, approve]));
  const minter = await TransactionSender.open(client, options.minterKey);
  await Promise.all([minter.send(mint), sender.send(approve)]);
}

function signed(node: NodeKeys | SignedRegistration, sender: TransactionSender, contract: Address): SignedRegistration {
  if ("signature" in node) return node;
  const binding = { chainId: sender.chainId, contract, operator: sender.address };
  return { nodeKey: node.pubkey, signature: signRegistration(node, binding) };
}

function registerCall(contract: Address, { nodeKey, signature }: SignedRegistration): Call {
  const args = [`0x${nodeKey}`, toHex(signature)] as const;
  return { to: contract, data: encodeFunctionData({ abi: serviceNodeRegistryAbi, functionName: "register", args }) };
}

function registrationIn(receipt: TransactionReceipt): NodeRegistered {
  const event = decodeStakingEvents(receipt.logs).find((each) => each.kind === "registered");
  if (event === undefined) throw new StakingError("no-contract", "the registration left no event");
  return event;
}
