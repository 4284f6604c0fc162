import {
  blake2b,
  multiplyPoint,
  multiplyScalars,
  negateScalar,
  reduceScalar,
  secretScalar,
  sign,
  signWithScalar,
  verify,
  x25519PublicToEd25519,
} from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import {
  ACCESS_ANY_PREFIX,
  ACCESS_DELETE,
  ACCESS_READ,
  ACCESS_WRITE,
  type AccountId,
  accountBytes,
  accountKey,
} from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import { parseRecipient } from "../account-id.ts";
import { ClientError } from "../client-error.ts";
import { bytesOf, type Credentials } from "../credentials.ts";
import type { Group } from "./group.ts";

// A member acts for the group by a subaccount (storage-protocol 3.3): token 03 | flags | 00 00 | kT, signed by the group.
// T is the member's Ed25519 key with its sign bit clear, as the account ID gives it, and k a scalar that only admins and
// this member know. So the swarm sees a key that belongs to nobody, and admins can name it without asking the member.

/** What a member may do. Members have read and write; delete is for those who help to moderate. */
export type MemberRight = "read" | "write" | "delete" | "any-prefix";

const FLAGS: Record<MemberRight, number> = {
  read: ACCESS_READ,
  write: ACCESS_WRITE,
  delete: ACCESS_DELETE,
  "any-prefix": ACCESS_ANY_PREFIX,
};
const ORDINARY: readonly MemberRight[] = ["read", "write"];
const HEAD = 4;
const TOKEN = 36;
const MEMBER_KEY = 100;

/** The token (36 bytes) of a member with these rights: what an admin revokes. Throws ClientError "bad-account-id". */
export function memberToken(group: Group, memberId: string, rights: readonly MemberRight[] = ORDINARY): Buffer {
  return tokenOf(head(rights), blindingScalar(group, memberId), parseRecipient(memberId).x25519);
}

/**
 * The secret that an admin sends to a new member: 100 bytes, head, k and the group's signature over the token. It is of
 * use to this member only. Throws ClientError "bad-account-id".
 */
export function makeMemberKey(group: Group, memberId: string, rights: readonly MemberRight[] = ORDINARY): Buffer {
  const k = blindingScalar(group, memberId);
  const token = tokenOf(head(rights), k, parseRecipient(memberId).x25519);
  return Buffer.concat([token.subarray(0, HEAD), k, sign(token, group.secretKey)]);
}

/**
 * A member acts for the group. Throws ClientError "bad-group-key" when the key is not of this group, or for someone else.
 */
export function memberCredentials(groupId: AccountId, member: Account, memberKey: Uint8Array): Credentials {
  const bad = new ClientError("bad-group-key", "this key is not the group's, or was made for someone else");
  if (memberKey.length !== MEMBER_KEY) throw bad;
  const [start, k, signature] = [
    memberKey.subarray(0, HEAD),
    memberKey.subarray(HEAD, TOKEN),
    memberKey.subarray(TOKEN),
  ];
  const token = tokenOf(start, k, member.x25519.publicKey);
  if (!verify(signature, token, accountKey(groupId))) throw bad;
  const key = { scalar: multiplyScalars(k, positiveScalar(member)), publicKey: token.subarray(HEAD) };
  const proof = { subaccount: encodeBase64(token), subaccount_sig: encodeBase64(signature) };
  return {
    account: groupId,
    prove: (message) => ({ ...proof, signature: encodeBase64(signAs(member, key, bytesOf(message))) }),
  };
}

/** libsession's nonce: a hash under two names of the seed, the blinded key and the message. */
function signAs(member: Account, key: { scalar: Buffer; publicKey: Buffer }, message: Uint8Array): Buffer {
  const seed = blake2b(32, member.ed25519.secretKey.subarray(0, 32), Buffer.from("SubaccountSeed"));
  const nonce = blake2b(64, [seed, key.publicKey, message], Buffer.from("SubaccountSig"));
  return signWithScalar(key, nonce, message);
}

function head(rights: readonly MemberRight[]): Buffer {
  return Buffer.of(
    0x03,
    rights.reduce((flags, right) => flags | FLAGS[right], 0),
    0,
    0,
  );
}

function tokenOf(start: Uint8Array, k: Uint8Array, memberX25519: Uint8Array): Buffer {
  const blinded = multiplyPoint(k, x25519PublicToEd25519(memberX25519));
  if (blinded !== undefined) return Buffer.concat([start, blinded]);
  throw new ClientError("bad-account-id", "this account ID holds no usable key");
}

/** k: a hash of member and group under a mask that follows from the group's seed. */
function blindingScalar(group: Group, memberId: string): Buffer {
  const mask = blake2b(32, group.seed, Buffer.from("SessionGroupSubaccountMask"));
  return reduceScalar(blake2b(64, [accountBytes(parseRecipient(memberId).id), accountBytes(group.id)], mask));
}

/** The scalar of the member's key with its sign bit clear. */
function positiveScalar({ ed25519 }: Account): Buffer {
  const scalar = secretScalar(ed25519.secretKey);
  return (ed25519.publicKey.readUInt8(31) & 0x80) === 0 ? scalar : negateScalar(scalar);
}
