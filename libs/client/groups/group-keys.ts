import { blake2b, randomBytes, sign, verify, XCHACHA_NONCE_BYTES, xchachaOpen, xchachaSeal } from "@swarmpost/crypto";
import { bdecode, bencode, type BValue, EncodingError } from "@swarmpost/encoding";
import { type AccountId, accountKey } from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import { parseRecipient } from "../account-id.ts";
import type { Group } from "./group.ts";
import { openFromMany, sealForMany } from "./seal-for-many.ts";

// The message (namespace 12) that gives a group's key of 32 bytes to its members: `#` nonce, `G` generation, `K` the key for
// admins, `k` the key for each member, filled up with junk to a multiple of 75 so that nobody counts them, `~` the group's
// signature over all before it.

const MULTIPLE = 75;
const SEALED_KEY = 48;
/** `1:~64:`, the signature and the dictionary's end. */
const SIGNATURE_PART = 6 + 64 + 1;

/** A group's key and which one it is; the highest generation is in use. */
export interface GroupKey {
  readonly generation: number;
  readonly key: Buffer;
}

/** The message that gives `key` to these members. Throws ClientError "bad-account-id". */
export function sealGroupKey(group: Group, memberIds: readonly string[], { generation, key }: GroupKey): Buffer {
  const nonce = randomBytes(XCHACHA_NONCE_BYTES);
  const given = memberIds.map((id) => ({ x25519: parseRecipient(id).x25519, plain: key }));
  const members = sealForMany(group, "SessionGroupKeyMemberKey", nonce, given);
  const room = Math.max(1, Math.ceil(members.length / MULTIPLE)) * MULTIPLE;
  while (members.length < room) members.push(randomBytes(SEALED_KEY));
  const sealed = { "#": nonce, G: generation, K: xchachaSeal(adminSecret(group), nonce, key), k: members };
  const signed = bencode(sealed).subarray(0, -1);
  return Buffer.concat([signed, Buffer.from("1:~64:"), sign(signed, group.secretKey), Buffer.from("e")]);
}

/** Reads a key message as a member or, with the group's secret, as an admin; undefined when it holds no key for them. */
export function openGroupKey(
  groupId: AccountId,
  reader: { readonly member: Account } | { readonly admin: Group },
  message: Uint8Array,
): GroupKey | undefined {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const fields = dictionaryOf(bytes);
  const [nonce, generation, signature] = [fields?.get("#"), fields?.get("G"), fields?.get("~")];
  const [forAdmins, forMembers] = [fields?.get("K"), fields?.get("k")];
  if (!Buffer.isBuffer(nonce) || !isGeneration(generation) || !Buffer.isBuffer(signature)) return undefined;
  if (!verify(signature, bytes.subarray(0, -SIGNATURE_PART), accountKey(groupId))) return undefined;
  const key =
    "admin" in reader
      ? Buffer.isBuffer(forAdmins) && xchachaOpen(adminSecret(reader.admin), nonce, forAdmins)
      : Array.isArray(forMembers) &&
        openFromMany(groupId, reader.member, "SessionGroupKeyMemberKey", { nonce, boxes: forMembers });
  return key && key.length === 32 ? { generation: Number(generation), key } : undefined;
}

/** A number that can be followed by a next one. */
function isGeneration(value: BValue | undefined): value is bigint {
  return typeof value === "bigint" && value >= 0n && value < BigInt(Number.MAX_SAFE_INTEGER);
}

function adminSecret({ seed }: Group): Buffer {
  return blake2b(32, seed, Buffer.from("SessionGroupKeyAdminKey"));
}

function dictionaryOf(bytes: Buffer): Map<string, BValue> | undefined {
  try {
    const value = bdecode(bytes);
    return value instanceof Map ? value : undefined;
  } catch (error) {
    if (error instanceof EncodingError) return undefined;
    throw error;
  }
}
