import { sign } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import type { AccountId } from "@swarmpost/storage-rpc";
import type { Account } from "./account.ts";

/** Who may act for an account, and how: its owner, a group's admin or a group's member. */
export interface Credentials {
  /** The account whose messages it is about: 66 hex. */
  readonly account: AccountId;
  /** The fields of a request that prove its right: key or token, and `signature` (base64) over `message`. */
  prove(message: string | Uint8Array): Readonly<Record<string, string>>;
}

/** An account acts for itself: its ID says nothing of its Ed25519 key, so requests name that too. */
export function ownCredentials(account: Account): Credentials {
  const { publicKey, secretKey } = account.ed25519;
  return {
    account: account.id,
    prove: (message) => ({
      pubkey_ed25519: publicKey.toString("hex"),
      signature: encodeBase64(sign(bytesOf(message), secretKey)),
    }),
  };
}

/** The credentials of whoever is given: an account's own, or those given. */
export function credentialsOf(who: Account | Credentials): Credentials {
  return "prove" in who ? who : ownCredentials(who);
}

/** What is signed: a text's bytes, or the bytes. */
export function bytesOf(message: string | Uint8Array): Uint8Array {
  return typeof message === "string" ? Buffer.from(message, "latin1") : message;
}
