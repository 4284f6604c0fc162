import { type Address, encodeFunctionData, erc20Abi, type PublicClient } from "viem";
import { swarmpostTokenAbi } from "./gen/abi.ts";
import type { Call } from "./transaction-sender.ts";

/** Balance of an account in atomic units of any ERC-20. */
export async function tokenBalance(client: PublicClient, token: Address, account: Address): Promise<bigint> {
  return await client.readContract({ abi: erc20Abi, address: token, functionName: "balanceOf", args: [account] });
}

/** Lets `spender` take `amount` from the sender. */
export function approveCall(token: Address, spender: Address, amount: bigint): Call {
  return { to: token, data: encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [spender, amount] }) };
}

/** Makes new development tokens; only their owner may. */
export function mintCall(token: Address, to: Address, amount: bigint): Call {
  return { to: token, data: encodeFunctionData({ abi: swarmpostTokenAbi, functionName: "mint", args: [to, amount] }) };
}
