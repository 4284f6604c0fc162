export {
  type Account,
  accountFromEntropy,
  accountFromRecoveryPhrase,
  createAccount,
  recoveryPhrase,
} from "./account.ts";
export { accountIdOf, parseRecipient, type Recipient } from "./account-id.ts";
export type { AttachOptions, DownloadOptions } from "./attachments/attached-files.ts";
export {
  type Attachment,
  type AttachmentFormat,
  openAttachment,
  type SealedAttachment,
  sealAttachment,
} from "./attachments/attachment.ts";
export { FileServer, type KeepFor, type StoredFile } from "./attachments/file-server.ts";
export { type FileUrl, formatFileUrl, parseFileUrl } from "./attachments/file-url.ts";
export {
  type LegacyAttachmentKeys,
  LegacyAttachmentSealer,
  legacyPaddedSize,
  MAX_LEGACY_BYTES,
  openLegacyAttachment,
} from "./attachments/legacy-attachment.ts";
export {
  type FileSource,
  MAX_STREAM_BYTES,
  openStream,
  sealStream,
  type StreamDomain,
  streamKey,
  streamSealedSize,
} from "./attachments/stream-attachment.ts";
export { bootstrap, type NodeList, type SeedReport } from "./bootstrap.ts";
export {
  type ClientOptions,
  type FollowedPage,
  type SendOptions,
  type SendReceipt,
  SwarmpostClient,
} from "./client.ts";
export { ClientError, type ClientErrorCode, type ClientErrorDetail } from "./client-error.ts";
export type { ClientEvent, OnEvent } from "./client-event.ts";
export { type ConfigDomain, openConfig, sealConfig } from "./config-cipher.ts";
export { applyDiff, type ConfigDict, diffOf } from "./config/config-diff.ts";
export { changeConfig, type ConfigMessage, emptyConfig, joinConfigs, parseConfig } from "./config/config-message.ts";
export { type Credentials, ownCredentials } from "./credentials.ts";
export type { CallOptions } from "./deadline.ts";
export type { ChangeReceipt } from "./change-messages.ts";
export type { FollowOptions } from "./follow.ts";
export { createGroup, type Group, groupCredentials, groupFromSeed } from "./groups/group.ts";
export type { InvitedMember, Invitee } from "./groups/group-administration.ts";
export {
  GroupConversation,
  type GroupPage,
  type GroupSendOptions,
  type GroupText,
  type TokenOptions,
} from "./groups/group-conversation.ts";
export type { GroupInfo, GroupInfoChange } from "./groups/group-info.ts";
export { type GroupInvitation, invitationContent, invitationOf, promotionContent } from "./groups/group-invitation.ts";
export { type GroupKey, openGroupKey, sealGroupKey } from "./groups/group-keys.ts";
export { type GroupContent, openGroupMessage, sealGroupMessage } from "./groups/group-message.ts";
export { type GroupMember, type MemberState, readMembers, writeMembers } from "./groups/group-members.ts";
export { type GroupEvent, noticeOf } from "./groups/group-update.ts";
export { openKick, sealKick } from "./groups/kick-message.ts";
export type { Membership } from "./groups/membership.ts";
export { openGroupConfig, sealGroupConfig } from "./groups/signed-config.ts";
export { makeMemberKey, memberCredentials, type MemberRight, memberToken } from "./groups/member-key.ts";
export { type HttpAnswer, HttpsConnections, type Post } from "./https-post.ts";
export type { InboxPage, ReceivedMessage } from "./inbox.ts";
export type { MailPage } from "./mailbox.ts";
export type { MemberResult } from "./member-signatures.ts";
export { decodeText, encodeMessage, encodeText, type MessageBody, type TextMessage } from "./message.ts";
export { nameHash, openName, type SealedName } from "./names/name-value.ts";
export {
  type FileServerPlace,
  loadNetworkFile,
  type NetworkDescription,
  networkFromSeeds,
  parseNetwork,
  type Seed,
} from "./network-file.ts";
export {
  type BlindedKey,
  type Blinding,
  blindedIds,
  blindedKey,
  blindedScalar,
  parseBlindedId,
} from "./open-groups/blinded-key.ts";
export { openFromBlinded, sealForBlinded } from "./open-groups/blinded-message.ts";
export { type DirectMessage, OpenGroup, type RoomMessage } from "./open-groups/open-group.ts";
export {
  openGroupHeaders,
  type OpenGroupIdentity,
  openGroupIdentity,
  type SignedRequest,
} from "./open-groups/open-group-auth.ts";
export type { RpcReply, RpcRequest } from "./onion-transport.ts";
export { pad, unpad } from "./padding.ts";
export type { Path, Random } from "./path.ts";
export { openPushNotification, openPushPayload, type PushNotification } from "./push/push-notification.ts";
export { decodePhrase, encodePhrase } from "./recovery-phrase.ts";
export { openContent, SEAL_OVERHEAD, sealContent } from "./sealed-content.ts";
export type { ServerPlace, ServerReply } from "./server-requests.ts";
export { parseServiceNode, type ServiceNode, shortKey } from "./service-node.ts";
export { deleteParameters, retrieveParameters, signedStoreParameters, storeParameters } from "./storage-parameters.ts";
export type { StoreReceipt } from "./store.ts";
export type { SwarmMembership } from "./swarms.ts";
