import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { sign, verify } from "@swarmpost/crypto";
import { type Content, ContentSchema, type GroupUpdateMessageSchema } from "@swarmpost/protos";
import { type AccountId, accountKey, parseAccountId } from "@swarmpost/storage-rpc";
import { ClientError } from "../client-error.ts";
import type { Group } from "./group.ts";

// What is told in a group besides texts. What only admins may say is signed by the group itself, over a text with the time.

const CHANGES = ["added", "removed", "promoted"] as const;
const NAME = 1;

/** Something that happened in a group. */
export type GroupEvent = { readonly from: AccountId; readonly sentMs: number } & (
  | { readonly type: "joined" | "left" }
  | { readonly type: (typeof CHANGES)[number]; readonly members: readonly AccountId[] }
  | { readonly type: "renamed"; readonly name: string }
);

/** What is told: by a member of itself, or by an admin. */
export type GroupNotice =
  | { readonly type: "joined" | "left" }
  | { readonly type: (typeof CHANGES)[number]; readonly members: readonly AccountId[]; readonly admin: Group }
  | { readonly type: "renamed"; readonly name: string; readonly admin: Group };

/** The contents that tell it, sent at `sentMs` (unix ms). Leaving is two: one for admins' programs, one for people. */
export function noticeContents(notice: GroupNotice, sentMs: number): Content[] {
  switch (notice.type) {
    case "joined":
      return [contentWith({ inviteResponse: { isApproved: true } }, sentMs)];
    case "left":
      return [
        contentWith({ memberLeftMessage: {} }, sentMs),
        contentWith({ memberLeftNotificationMessage: {} }, sentMs),
      ];
    case "renamed": {
      const adminSignature = signNotice(notice.admin, `INFO_CHANGE${NAME}`, sentMs);
      return [contentWith({ infoChangeMessage: { type: NAME, updatedName: notice.name, adminSignature } }, sentMs)];
    }
    default: {
      const type = CHANGES.indexOf(notice.type) + 1;
      const adminSignature = signNotice(notice.admin, `MEMBER_CHANGE${type}`, sentMs);
      const memberSessionIds = [...notice.members];
      return [contentWith({ memberChangeMessage: { type, memberSessionIds, adminSignature } }, sentMs)];
    }
  }
}

/** A content that is a group's notice. */
export function contentWith(update: MessageInitShape<typeof GroupUpdateMessageSchema>, sentMs: number): Content {
  return create(ContentSchema, {
    dataMessage: { groupUpdateMessage: update },
    sigTimestamp: BigInt(sentMs),
  });
}

/** The group's signature over a text and a time, as admins prove themselves. */
export function signNotice(group: Group, text: string, sentMs: number): Buffer {
  return sign(Buffer.from(`${text}${sentMs}`), group.secretKey);
}

/** Whether the group signed that text at that time. */
export function isNoticeSigned(
  group: AccountId,
  { text, sentMs }: { readonly text: string; readonly sentMs: bigint | undefined },
  signature: Uint8Array | undefined,
): boolean {
  if (signature === undefined || sentMs === undefined) return false;
  return verify(signature, Buffer.from(`${text}${sentMs}`), accountKey(group));
}

/**
 * Reads a notice that `from` sent to the group; undefined when the content is something else or a kind that says nothing new.
 * Throws ClientError "unreadable-message" when it is an admin's and the group has not signed it.
 */
export function noticeOf(
  group: AccountId,
  { dataMessage, sigTimestamp }: Content,
  from: AccountId,
): GroupEvent | undefined {
  const update = dataMessage?.groupUpdateMessage;
  const about = { from, sentMs: Number(sigTimestamp ?? 0) };
  if (update === undefined) return undefined;
  const { inviteResponse, memberLeftMessage, memberChangeMessage: change, infoChangeMessage: info } = update;
  if (inviteResponse?.isApproved === true) return { ...about, type: "joined" };
  if (memberLeftMessage !== undefined) return { ...about, type: "left" };
  if (change !== undefined) {
    const type = CHANGES[(change.type ?? 0) - 1];
    const text = `MEMBER_CHANGE${change.type}`;
    if (!isNoticeSigned(group, { text, sentMs: sigTimestamp }, change.adminSignature)) throw unsigned();
    const members = change.memberSessionIds.flatMap((id) => parseAccountId(id) ?? []);
    return type && { ...about, type, members };
  }
  if (info?.updatedName === undefined) return undefined;
  const text = `INFO_CHANGE${info.type}`;
  if (!isNoticeSigned(group, { text, sentMs: sigTimestamp }, info.adminSignature)) throw unsigned();
  return { ...about, type: "renamed", name: info.updatedName };
}

function unsigned(): ClientError {
  return new ClientError("unreadable-message", "a member says what only an admin of the group may say");
}
