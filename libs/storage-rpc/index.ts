export {
  type AccountId,
  accountBytes,
  accountId,
  accountKey,
  accountNetid,
  parseAccountId,
  SESSION_NETID,
} from "./account-id.ts";
export { type ActiveNode, ACTIVE_NODE_BYTES, type ActiveNodesRequest, activeNodesBody } from "./active-nodes.ts";
export {
  ACCESS_ANY_PREFIX,
  ACCESS_DELETE,
  ACCESS_READ,
  ACCESS_WRITE,
  type Auth,
  type ConvertKey,
  type Subaccount,
  verificationFailed,
  verifySignature,
} from "./auth.ts";
export { type ChangeRequest, checkChange, type SignedCheck } from "./change.ts";
export {
  bulkDeleteEntry,
  type ExpireEntry,
  type ExpireResult,
  expireAllEntry,
  expireEntry,
  expiriesOf,
  expiriesReply,
  type Hit,
  type Listed,
  listed,
} from "./change-reply.ts";
export { ConvertedKeys } from "./converted-keys.ts";
export { checkDeleteAuth, type DeleteRequest } from "./delete.ts";
export { checkDeleteAll, type DeleteAllRequest } from "./delete-all.ts";
export { checkDeleteBefore, type DeleteBeforeRequest } from "./delete-before.ts";
export {
  appliedExpiry,
  checkExpire,
  EXPIRE_REFUSED,
  type ExpireEffect,
  type ExpireMode,
  type ExpireRequest,
  expireMode,
} from "./expire.ts";
export { checkExpireAll, type ExpireAllRequest } from "./expire-all.ts";
export { checkGetExpiries, type GetExpiriesRequest } from "./get-expiries.ts";
export type { GetSwarmRequest } from "./get-swarm.ts";
export { type Condition, conditionHolds, type NodeState } from "./ifelse.ts";
export { type InfoReply, type InfoRequest, infoReply } from "./info.ts";
export {
  FORWARDED_SIGNATURE_TOLERANCE_MS,
  HARD_FORK,
  MAX_DELETE_HASHES,
  MAX_MESSAGE_BASE64,
  MAX_MESSAGE_BYTES,
  MAX_NESTED_IFELSE,
  MAX_RETRIEVE_BYTES,
  MAX_REVOKED,
  MAX_SUBREQUESTS,
  MAX_UNREVOKED_AT_ONCE,
  MAX_WAIT_MS,
  MIN_TTL_MS,
  PRIVATE_MAX_TTL_MS,
  PROTOCOL_VERSION,
  PUBLIC_INBOX_MAX_TTL_MS,
  SIGNATURE_TOLERANCE_MS,
  STORE_TOLERANCE_MS,
} from "./limits.ts";
export {
  type MessageHash,
  messageDigest,
  messageHash,
  messageHashBytes,
  messageHashFromBytes,
  parseMessageHash,
} from "./message-hash.ts";
export {
  DEFAULT_NAMESPACE,
  isPublicInbox,
  isPublicOutbox,
  isTesting,
  isUnrevocable,
  maxTtlMs,
  type Namespace,
  namespace,
  retrieveNeedsAuth,
  storeNeedsAuth,
} from "./namespace.ts";
export {
  nodeSignedBulk,
  nodeSignedDelete,
  nodeSignedExpire,
  nodeSignedRevocation,
  nodeSignedStore,
} from "./node-signed-strings.ts";
export type { OxendEndpoint, OxendRequest } from "./oxend-request.ts";
export {
  type BatchRequest,
  type IfElseRequest,
  type ParsedRequest,
  parseRequest,
  type SubRequest,
  waits,
} from "./request.ts";
export { checkRetrieveAuth, type RetrieveRequest } from "./retrieve.ts";
export { fitPage, messageCost, type RetrieveLimits, retrieveLimits, rowsToRead } from "./retrieve-page.ts";
export { type RetrievedMessage, type RetrieveReply, retrieveReply } from "./retrieve-reply.ts";
export {
  checkRevocationAuth,
  type RevocationRequest,
  type RevokedListRequest,
  verifyRevocation,
} from "./revocation.ts";
export { invalidRequest, RpcError } from "./rpc-error.ts";
export { checkSignatureTime } from "./signature-time.ts";
export {
  type NamespaceOrAll,
  signedDelete,
  signedDeleteAll,
  signedDeleteBefore,
  signedExpire,
  signedExpireAll,
  signedGetExpiries,
  signedRetrieve,
  signedRevocation,
  signedRevokedSubaccounts,
  signedStore,
} from "./signed-strings.ts";
export { checkStoreAuth, checkStoreTimes, type StoreRequest, storeAccess, verifyStore } from "./store.ts";
export { type SwarmJson, type SwarmMember, type SwarmMemberJson, swarmJson } from "./swarm-json.ts";
export {
  type DeleteEntry,
  deleteEntry,
  deleteReply,
  type FailedEntry,
  refusedEntry,
  type RevocationEntry,
  type StoreEntry,
  type SwarmReply,
  storeEntry,
  storeReply,
  swarmReply,
} from "./swarm-reply.ts";
