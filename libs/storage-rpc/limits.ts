/** Numbers of the storage RPC (Session storage server 2.11). Times in milliseconds, sizes in bytes. */

/** How far a signature's timestamp may be from the node's clock. */
export const SIGNATURE_TOLERANCE_MS = 60_000;
/** The same for `delete_all` and `expire_all` that another swarm member forwarded. */
export const FORWARDED_SIGNATURE_TOLERANCE_MS = 70_000;
/** How far a store's timestamp may be ahead, and its expiry behind, the node's clock. */
export const STORE_TOLERANCE_MS = 10_000;
/** Shortest life of a message. */
export const MIN_TTL_MS = 10_000;
/** Longest life of a message in a public inbox. */
export const PUBLIC_INBOX_MAX_TTL_MS = 14 * 86_400_000;
/** Longest life of a message in any other namespace. */
export const PRIVATE_MAX_TTL_MS = 30 * 86_400_000;
/** Largest message, decoded. */
export const MAX_MESSAGE_BYTES = 76_800;
/** Largest message as base64 text, in characters. */
export const MAX_MESSAGE_BASE64 = 102_400;
/** Largest answer to a retrieve, in the accounting of `messageCost`. */
export const MAX_RETRIEVE_BYTES = 7_800_000;
/** Most subrequests of a batch or sequence. */
export const MAX_SUBREQUESTS = 20;
/** Most `ifelse` requests within each other; ours, Session storage server has no such limit. */
export const MAX_NESTED_IFELSE = 16;
/** Most message hashes to delete in one request, all of a batch together; ours, Session storage server has no such limit. */
export const MAX_DELETE_HASHES = 10_000;
/** Most tokens of an account that are revoked at once, and that one request may revoke. */
export const MAX_REVOKED = 50;
/** Most tokens that one request may put in force again; ours, Session storage server has no such limit. */
export const MAX_UNREVOKED_AT_ONCE = 100;
/** Hard fork told to clients as `hf`. */
export const HARD_FORK: readonly [number, number] = [19, 3];
/** Version told to clients by `info`: the Session storage server whose behaviour this is, never our own. */
export const PROTOCOL_VERSION: readonly [number, number, number] = [2, 11, 0];

/** Longest `wait` of a `retrieve`, in milliseconds: with three hops its answer still comes before the hops give up. */
export const MAX_WAIT_MS = 20_000;
