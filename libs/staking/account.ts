import type { Address, Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";

/** The address of an account by its private key. */
export function accountAddress(key: Hex): Address {
  return privateKeyToAddress(key);
}
