import {
  blake2b,
  multiplyPoint,
  randomBytes,
  secretScalar,
  XCHACHA_NONCE_BYTES,
  xchachaOpen,
  xchachaSeal,
} from "@swarmpost/crypto";
import type { AccountId } from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import { accountIdOf } from "../account-id.ts";
import { ClientError } from "../client-error.ts";
import { blindedIds, blindedKey, blindedScalar, parseBlindedId } from "./blinded-key.ts";

// A message to someone of whom only a blinded id is known: 00 | XChaCha20-Poly1305(content | sender's Ed25519 key) | nonce.
// The key is a hash of the shared point and of both blinded keys, the sender's first. With 15 the shared point takes one
// blinding factor, which both have in common; with 25 it takes both.

const VERSION = 0;
const KEY = 32;

/** Seals to a blinded id of the same server; the recipient learns the sender's account, the server does not. */
export function sealForBlinded(
  sender: Account,
  recipientId: string,
  serverKey: Uint8Array,
  content: Uint8Array,
): Buffer {
  const { blinding, key: recipient } = parseBlindedId(recipientId);
  const own = blindedKey(sender, serverKey, blinding);
  const key = sharedKey(sender, serverKey, { own: own.publicKey, other: recipient, from: own.publicKey, blinding });
  const nonce = randomBytes(XCHACHA_NONCE_BYTES);
  const sealed = xchachaSeal(key, nonce, Buffer.concat([content, sender.ed25519.publicKey]));
  return Buffer.concat([Buffer.of(VERSION), sealed, nonce]);
}

/**
 * Opens what came from a blinded id, as its recipient, or as its sender when `senderId` is its own. Undefined when it was
 * not for this account, or the account in it does not have the blinded id that it came from.
 */
export function openFromBlinded(
  reader: Account,
  { senderId, recipientId }: { senderId: string; recipientId: string },
  serverKey: Uint8Array,
  message: Uint8Array,
): { from: AccountId; content: Buffer } | undefined {
  const [sender, recipient] = [parseBlindedId(senderId), parseBlindedId(recipientId)];
  if (sender.blinding !== recipient.blinding || message[0] !== VERSION) return undefined;
  const { blinding } = sender;
  const own = blindedKey(reader, serverKey, blinding).publicKey;
  const other = own.equals(sender.key) ? recipient.key : sender.key;
  const key = sharedKey(reader, serverKey, { own, other, from: sender.key, blinding });
  const nonce = message.subarray(-XCHACHA_NONCE_BYTES);
  const opened = xchachaOpen(key, nonce, message.subarray(1, -XCHACHA_NONCE_BYTES));
  if (opened === undefined || opened.length < KEY) return undefined;
  const from = accountIdOf(opened.subarray(-KEY));
  if (from === undefined || !blindedIds(from, serverKey, blinding).includes(senderId)) return undefined;
  return { from, content: opened.subarray(0, -KEY) };
}

function sharedKey(
  account: Account,
  serverKey: Uint8Array,
  { own, other, from, blinding }: { own: Buffer; other: Buffer; from: Buffer; blinding: "15" | "25" },
): Buffer {
  const scalar =
    blinding === "15" ? secretScalar(account.ed25519.secretKey) : blindedScalar(account, serverKey, blinding);
  const shared = multiplyPoint(scalar, other);
  if (shared === undefined) throw new ClientError("bad-blinded-id", "this blinded id holds no usable key");
  return blake2b(32, from.equals(own) ? [shared, own, other] : [shared, other, own]);
}
