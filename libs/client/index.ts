export {
  type Account,
  accountFromEntropy,
  accountFromRecoveryPhrase,
  createAccount,
  recoveryPhrase,
} from "./account.ts";
export { accountIdOf, parseRecipient, type Recipient } from "./account-id.ts";
export { bootstrap, type NodeList, type SeedReport } from "./bootstrap.ts";
export { type ClientOptions, type SendReceipt, SwarmpostClient } from "./client.ts";
export { ClientError, type ClientErrorCode, type ClientErrorDetail } from "./client-error.ts";
export type { ClientEvent, OnEvent } from "./client-event.ts";
export { type Credentials, ownCredentials } from "./credentials.ts";
export type { DeleteReceipt } from "./delete-messages.ts";
export type { FollowOptions } from "./follow.ts";
export { type HttpAnswer, HttpsConnections, type Post } from "./https-post.ts";
export type { InboxPage, ReceivedMessage } from "./inbox.ts";
export type { MailPage } from "./mailbox.ts";
export type { MemberResult } from "./member-signatures.ts";
export { decodeText, encodeText, type TextMessage } from "./message.ts";
export {
  type FileServerPlace,
  loadNetworkFile,
  type NetworkDescription,
  networkFromSeeds,
  parseNetwork,
  type Seed,
} from "./network-file.ts";
export type { RpcReply, RpcRequest } from "./onion-transport.ts";
export { pad, unpad } from "./padding.ts";
export type { Path, Random } from "./path.ts";
export { decodePhrase, encodePhrase } from "./recovery-phrase.ts";
export { openContent, SEAL_OVERHEAD, sealContent } from "./sealed-content.ts";
export { parseServiceNode, type ServiceNode, shortKey } from "./service-node.ts";
export { deleteParameters, retrieveParameters, signedStoreParameters, storeParameters } from "./storage-parameters.ts";
export type { StoreReceipt } from "./store.ts";
export type { SwarmMembership } from "./swarms.ts";
