import { ed25519PublicToX25519 } from "@swarmpost/crypto";
import { type AccountId, accountId } from "@swarmpost/storage-rpc";
import { ClientError } from "./client-error.ts";

/** An account ID taken apart. */
export interface Recipient {
  /** 66 lower-case hex digits. */
  readonly id: AccountId;
  /** The X25519 key that messages are sealed to. */
  readonly x25519: Buffer;
}

/** Reads an account ID typed by a person. Throws ClientError "bad-account-id" that says what is wrong with it. */
export function parseRecipient(text: string): Recipient {
  const id = text.trim().toLowerCase();
  if (!/^[0-9a-f]*$/.test(id) || id.length !== 66) {
    throw new ClientError("bad-account-id", `an account ID is 66 hex digits, this is ${describe(id)}`);
  }
  if (!id.startsWith("05")) {
    throw new ClientError("bad-account-id", `an account ID begins with 05, this one with ${id.slice(0, 2)}`);
  }
  return { id: accountId(id), x25519: Buffer.from(id.slice(2), "hex") };
}

/** The account ID of an Ed25519 key, or undefined when the key is no point of the curve. */
export function accountIdOf(ed25519PublicKey: Uint8Array): AccountId | undefined {
  const x25519 = ed25519PublicToX25519(ed25519PublicKey);
  return x25519 === undefined ? undefined : accountId(`05${x25519.toString("hex")}`);
}

function describe(id: string): string {
  return /^[0-9a-f]*$/.test(id) ? `${id.length} digits long` : "something else: check that all of it was copied";
}
