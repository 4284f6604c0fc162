import { type Hex, toHex } from "viem";
import { mnemonicToAccount } from "viem/accounts";

/** The phrase from which anvil, hardhat and ganache make their funded accounts. Publicly known: never use elsewhere. */
const developmentPhrase = "test test test test test test test test test test test junk";

/** Private key of a funded account of a local development chain, by its index from 0. Worthless on any other chain. */
export function developmentKey(index: number): Hex {
  const key = mnemonicToAccount(developmentPhrase, { addressIndex: index }).getHdKey().privateKey;
  if (key === null) throw new TypeError("a development account has a private key");
  return toHex(key);
}
