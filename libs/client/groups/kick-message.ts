import { randomBytes, XCHACHA_NONCE_BYTES } from "@swarmpost/crypto";
import { bdecode, bencode, EncodingError } from "@swarmpost/encoding";
import type { AccountId } from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import { parseRecipient } from "../account-id.ts";
import type { Group } from "./group.ts";
import { openFromMany, sealForMany } from "./seal-for-many.ts";

// The message in namespace −11, where the removed may still read, that tells them so: `#` nonce, `e` a box for each with its
// X25519 key and the generation of the group's key then (decimal). One of an earlier membership has a lower generation.

const KEY = 32;

/** The message that tells these members that they were removed while the group's key was of this generation. */
export function sealKick(group: Group, memberIds: readonly string[], generation: number): Buffer {
  const nonce = randomBytes(XCHACHA_NONCE_BYTES);
  const told = memberIds.map((id) => {
    const { x25519 } = parseRecipient(id);
    return { x25519, plain: Buffer.concat([x25519, Buffer.from(String(generation))]) };
  });
  return bencode({ "#": nonce, e: sealForMany(group, "SessionGroupKickedMessage", nonce, told) });
}

/** The generation at which this account was removed; undefined when the message tells it nothing. */
export function openKick(groupId: AccountId, member: Account, message: Uint8Array): number | undefined {
  const { nonce, boxes } = partsOf(message);
  if (!Buffer.isBuffer(nonce) || !Array.isArray(boxes)) return undefined;
  const opened = openFromMany(groupId, member, "SessionGroupKickedMessage", { nonce, boxes });
  if (opened === undefined || !opened.subarray(0, KEY).equals(member.x25519.publicKey)) return undefined;
  const generation = opened.subarray(KEY).toString("latin1");
  return /^\d{1,15}$/.test(generation) ? Number(generation) : undefined;
}

function partsOf(message: Uint8Array): { nonce?: unknown; boxes?: unknown } {
  try {
    const value = bdecode(message);
    return value instanceof Map ? { nonce: value.get("#"), boxes: value.get("e") } : {};
  } catch (error) {
    if (error instanceof EncodingError) return {};
    throw error;
  }
}
