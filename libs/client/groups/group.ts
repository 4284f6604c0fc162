import { randomBytes, sign, signingKeyPairFromSeed } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import { type AccountId, accountId } from "@swarmpost/storage-rpc";
import { bytesOf, type Credentials } from "../credentials.ts";

/** A group account (03) as its admins hold it: whoever has the seed is an admin. */
export interface Group {
  /** 66 hex: `03` and the Ed25519 key. */
  readonly id: AccountId;
  /** 32 bytes: what one admin gives to the next. */
  readonly seed: Buffer;
  readonly publicKey: Buffer;
  /** libsodium's 64 bytes. */
  readonly secretKey: Buffer;
}

/** A new group. */
export function createGroup(): Group {
  return groupFromSeed(randomBytes(32));
}

/** The group of a seed of 32 bytes. */
export function groupFromSeed(seed: Uint8Array): Group {
  const { publicKey, secretKey } = signingKeyPairFromSeed(seed);
  return { id: accountId(`03${publicKey.toString("hex")}`), seed: Buffer.from(seed), publicKey, secretKey };
}

/** An admin acts as the group itself: the ID is the key that verifies, so no other is named. */
export function groupCredentials({ id, secretKey }: Group): Credentials {
  return { account: id, prove: (message) => ({ signature: encodeBase64(sign(bytesOf(message), secretKey)) }) };
}
