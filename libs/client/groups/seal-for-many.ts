import {
  blake2b,
  CryptoError,
  ed25519PublicToX25519,
  ed25519SecretToX25519,
  x25519SharedSecret,
  xchachaOpen,
  xchachaSeal,
} from "@swarmpost/crypto";
import { type AccountId, accountKey } from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import { ClientError } from "../client-error.ts";
import type { Group } from "./group.ts";

// What a group's admins tell some accounts at once: a box for each of them under one nonce, with a key that follows from the
// group's and the account's X25519 keys and from what it is for.

/** What a box is for: keys of one purpose open nothing of the other. */
export type SealDomain = "SessionGroupKeyMemberKey" | "SessionGroupKickedMessage";

/** A box for each account, in their order; `x25519` is the account's public key. Throws ClientError "bad-account-id". */
export function sealForMany(
  group: Group,
  domain: SealDomain,
  nonce: Uint8Array,
  messages: readonly { readonly x25519: Uint8Array; readonly plain: Uint8Array }[],
): Buffer[] {
  const own = ed25519PublicToX25519(group.publicKey);
  if (own === undefined) throw new Error("unreachable: a group's own key converts");
  const secret = ed25519SecretToX25519(group.secretKey);
  return messages.map(({ x25519, plain }) =>
    xchachaSeal(boxKey(domain, secretWith(secret, x25519), own, x25519), nonce, plain),
  );
}

function secretWith(secret: Buffer, x25519: Uint8Array): Buffer {
  try {
    return x25519SharedSecret(secret, x25519);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new ClientError("bad-account-id", "this account ID holds no usable key", { cause });
  }
}

/** What the first box says that is for this account; undefined when none is, so the group's admins made it. */
export function openFromMany(
  groupId: AccountId,
  { x25519 }: Account,
  domain: SealDomain,
  { nonce, boxes }: { readonly nonce: Uint8Array; readonly boxes: readonly unknown[] },
): Buffer | undefined {
  const group = ed25519PublicToX25519(accountKey(groupId));
  if (group === undefined) return undefined;
  const key = boxKey(domain, x25519SharedSecret(x25519.secretKey, group), group, x25519.publicKey);
  for (const box of boxes) {
    const opened = Buffer.isBuffer(box) ? xchachaOpen(key, nonce, box) : undefined;
    if (opened !== undefined) return opened;
  }
  return undefined;
}

function boxKey(domain: SealDomain, shared: Uint8Array, group: Uint8Array, member: Uint8Array): Buffer {
  return blake2b(32, [shared, group, member], Buffer.from(domain));
}
