/** What went wrong, for a program to act on. The message says in one line what a person can do. */
export type ClientErrorCode =
  | "bad-entropy"
  | "word-count"
  | "missing-checksum"
  | "unknown-word"
  | "wrong-checksum"
  | "wrong-phrase"
  | "bad-account-id"
  | "bad-network"
  | "untrusted-seed"
  | "bad-seed-answer"
  | "seeds-failed"
  | "too-few-nodes"
  | "unknown-node"
  | "no-path"
  | "path-failed"
  | "refused"
  | "wrong-clock"
  | "timed-out"
  | "client-closed"
  | "not-stored"
  | "not-read"
  | "no-swarm"
  | "message-too-long"
  | "attachment-too-large"
  | "bad-attachment"
  | "no-file-server"
  | "unknown-server"
  | "server-unreachable"
  | "server-refused"
  | "bad-group-key"
  | "removed-from-group"
  | "last-admin"
  | "bad-blinded-id"
  | "unreadable-message"
  | "bad-name"
  | "unknown-name"
  | "names-disagree";

/** More about an error, when a program wants it; never key material. */
export interface ClientErrorDetail {
  /** Which word of a recovery phrase is wrong, counted from 1. */
  readonly position?: number;
  /** Status that the destination gave, as in storage-protocol 1.2. */
  readonly status?: number;
  /** Ed25519 key (hex) of the node that a path error names, or that refused. */
  readonly node?: string;
  /** All nodes that refused the same request. */
  readonly refusedBy?: readonly string[];
}

/** The one error class of this package. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  readonly detail: ClientErrorDetail;

  constructor(code: ClientErrorCode, message: string, options: { cause?: unknown; detail?: ClientErrorDetail } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ClientError";
    this.code = code;
    this.detail = options.detail ?? {};
  }
}
