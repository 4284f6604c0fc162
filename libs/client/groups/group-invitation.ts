import { type Content } from "@swarmpost/protos";
import { type AccountId, parseAccountId } from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import { ClientError } from "../client-error.ts";
import { type Group, groupFromSeed } from "./group.ts";
import { contentWith, isNoticeSigned, signNotice } from "./group-update.ts";
import { makeMemberKey, memberCredentials } from "./member-key.ts";
import type { Membership } from "./membership.ts";

// How an account comes to be in a group: a one-to-one message that holds what it acts by, which needs nothing else.

/** An invitation into a group, or a promotion to its admin. */
export interface GroupInvitation {
  readonly kind: "invitation" | "promotion";
  readonly group: AccountId;
  /** What the group was called when this was sent. */
  readonly name: string;
  /** Who sent it, proven. An invitation is signed by the group besides; a promotion holds the group's own secret. */
  readonly from: AccountId;
  readonly sentMs: number;
  /** For `SwarmpostClient.join`, or `group` for whoever is in it already. Keep it: it is not sent again. */
  readonly membership: Membership;
}

/** The content of an invitation to a member, sent at `sentMs` (unix ms). Throws ClientError "bad-account-id". */
export function invitationContent(group: Group, name: string, memberId: AccountId, sentMs: number): Content {
  const memberAuthData = makeMemberKey(group, memberId);
  const adminSignature = signNotice(group, `INVITE${memberId}`, sentMs);
  return contentWith({ inviteMessage: { groupSessionId: group.id, name, memberAuthData, adminSignature } }, sentMs);
}

/** The content of a promotion, sent at `sentMs` (unix ms): it holds the group's seed. */
export function promotionContent(group: Group, name: string, sentMs: number): Content {
  return contentWith({ promoteMessage: { groupIdentitySeed: group.seed, name } }, sentMs);
}

/**
 * Reads an invitation or promotion that `from` sent to this account; undefined when the content is something else. Throws
 * ClientError "unreadable-message" when the group did not sign it, or its key was made for someone else.
 */
export function invitationOf(account: Account, content: Content, from: AccountId): GroupInvitation | undefined {
  const { inviteMessage: invite, promoteMessage: promote } = content.dataMessage?.groupUpdateMessage ?? {};
  const about = { from, sentMs: Number(content.sigTimestamp ?? 0) };
  if (promote?.groupIdentitySeed !== undefined) {
    if (promote.groupIdentitySeed.length !== 32) throw unreadable("it holds no group's secret");
    const admin = groupFromSeed(promote.groupIdentitySeed);
    return { ...about, kind: "promotion", group: admin.id, name: promote.name ?? "", membership: { admin } };
  }
  if (invite === undefined) return undefined;
  const group = parseAccountId(invite.groupSessionId ?? "");
  const memberKey = Buffer.from(invite.memberAuthData ?? []);
  if (group === undefined || !group.startsWith("03")) throw unreadable("it names no group");
  const text = `INVITE${account.id}`;
  if (!isNoticeSigned(group, { text, sentMs: content.sigTimestamp }, invite.adminSignature)) {
    throw unreadable("the group has not signed it");
  }
  requireOwn(group, account, memberKey);
  return { ...about, kind: "invitation", group, name: invite.name ?? "", membership: { group, memberKey } };
}

function requireOwn(group: AccountId, account: Account, memberKey: Buffer): void {
  try {
    memberCredentials(group, account, memberKey);
  } catch (cause) {
    if (!(cause instanceof ClientError)) throw cause;
    throw unreadable("its key was made for someone else", cause);
  }
}

function unreadable(why: string, cause?: unknown): ClientError {
  return new ClientError("unreadable-message", `an invitation can't be accepted: ${why}`, { cause });
}
