import { openSealedBox, sealBox, sign, verify } from "@swarmpost/crypto";
import type { AccountId } from "@swarmpost/storage-rpc";
import type { Account } from "./account.ts";
import { accountIdOf } from "./account-id.ts";

// Session's one-to-one encryption, version 1: sealed( M ‖ A(32) ‖ Ed25519 by A over (M ‖ A ‖ Y) ), A the sender's
// Ed25519 key, Y the recipient's X25519 key. The seal hides the sender from the network, the signature proves it to Y.

const KEY = 32;
const SIGNATURE = 64;

/** Bytes that sealing adds: the box's 48, the sender's key and signature. */
export const SEAL_OVERHEAD = 48 + KEY + SIGNATURE;

/** Signs as `sender` and seals to the recipient's X25519 key (32 bytes). */
export function sealContent(sender: Account, recipientX25519: Uint8Array, content: Uint8Array): Buffer {
  const { publicKey, secretKey } = sender.ed25519;
  const signature = sign(Buffer.concat([content, publicKey, recipientX25519]), secretKey);
  return sealBox(Buffer.concat([content, publicKey, signature]), recipientX25519);
}

/**
 * Opens what was sealed to `recipient` and checks the sender's signature. Undefined when it was not for this account,
 * was changed on the way, or its signature is not by the key it names.
 */
export function openContent(recipient: Account, sealed: Uint8Array): { from: AccountId; content: Buffer } | undefined {
  const { publicKey, secretKey } = recipient.x25519;
  const opened = openSealedBox(sealed, publicKey, secretKey);
  if (opened === undefined || opened.length < KEY + SIGNATURE) return undefined;
  const content = opened.subarray(0, -(KEY + SIGNATURE));
  const sender = opened.subarray(content.length, content.length + KEY);
  const signature = opened.subarray(-SIGNATURE);
  if (!verify(signature, Buffer.concat([content, sender, publicKey]), sender)) return undefined;
  const from = accountIdOf(sender);
  return from === undefined ? undefined : { from, content: Buffer.from(content) };
}
