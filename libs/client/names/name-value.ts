import { blake2b, xchachaOpen } from "@swarmpost/crypto";
import { type AccountId, accountId } from "@swarmpost/storage-rpc";

// How the name service of Oxen keeps an account ID under a name (client-protocol section 10): nobody who does not know the
// name can read it, as the name's own hash is what is asked for and the name is part of the key.

const ACCOUNT_BYTES = 33;
/** Bytes of a sealed account ID. */
export const SEALED_NAME_BYTES = ACCOUNT_BYTES + 16;

/** The hash (32 bytes) under which a name is kept; upper and lower case are the same name. */
export function nameHash(name: string): Buffer {
  return blake2b(32, Buffer.from(name.toLowerCase()));
}

/** What the chain keeps under a name. */
export interface SealedName {
  /** XChaCha20-Poly1305 ciphertext of the 33 bytes of an account ID. */
  readonly value: Uint8Array;
  /** 24 bytes. */
  readonly nonce: Uint8Array;
}

/** The account ID that a name stands for; undefined when the value was not made for this name, or holds something else. */
export function openName(name: string, { value, nonce }: SealedName): AccountId | undefined {
  const key = blake2b(32, Buffer.from(name.toLowerCase()), nameHash(name));
  const opened = xchachaOpen(key, nonce, value);
  if (opened?.length !== ACCOUNT_BYTES || opened[0] !== 0x05) return undefined;
  return accountId(opened.toString("hex"));
}
