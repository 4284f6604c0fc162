import { ed25519PublicToX25519, ed25519SecretToX25519, randomBytes, signingKeyPairFromSeed } from "@swarmpost/crypto";
import { type AccountId, accountId } from "@swarmpost/storage-rpc";
import { ClientError } from "./client-error.ts";
import { decodePhrase, encodePhrase, requireEntropyLength } from "./recovery-phrase.ts";

/** An account: one secret (its entropy) and everything that follows from it. Session's account, key for key. */
export interface Account {
  /** Account ID: 66 lower-case hex, `05` and the X25519 public key. What others write to. */
  readonly id: AccountId;
  /** 16 (or 32) bytes: the secret that the recovery phrase carries. */
  readonly entropy: Buffer;
  /** Signs requests and messages. The secret key is libsodium's 64 bytes. */
  readonly ed25519: { readonly publicKey: Buffer; readonly secretKey: Buffer };
  /** Opens messages. */
  readonly x25519: { readonly publicKey: Buffer; readonly secretKey: Buffer };
}

/** A new account from the system's random source. */
export function createAccount(): Account {
  return accountFromEntropy(randomBytes(16));
}

/**
 * The account of 16 bytes (Session's) or 32 bytes of entropy. Session pads 16 bytes with 16 zero bytes to an Ed25519 seed.
 * Throws ClientError "bad-entropy" for another length.
 */
export function accountFromEntropy(entropy: Uint8Array): Account {
  requireEntropyLength(entropy);
  const seed = Buffer.alloc(32);
  seed.set(entropy);
  const ed25519 = signingKeyPairFromSeed(seed);
  const publicKey = ed25519PublicToX25519(ed25519.publicKey);
  if (publicKey === undefined) throw new ClientError("bad-entropy", "this entropy gives no usable key");
  const x25519 = { publicKey, secretKey: ed25519SecretToX25519(ed25519.secretKey) };
  return { id: accountId(`05${publicKey.toString("hex")}`), entropy: Buffer.from(entropy), ed25519, x25519 };
}

/** The recovery phrase of an account: 13 English words (25 for 32 bytes). Whoever has it is the account. */
export function recoveryPhrase(account: Account): string {
  return encodePhrase(account.entropy);
}

/** The account of a recovery phrase; errors as `decodePhrase`: they say which word is wrong. */
export function accountFromRecoveryPhrase(phrase: string): Account {
  return accountFromEntropy(decodePhrase(phrase));
}
