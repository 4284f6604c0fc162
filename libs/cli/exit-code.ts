import { ClientError, type ClientErrorCode } from "@swarmpost/client";
import { CliError } from "./cli-error.ts";
import { InterruptedError } from "./stop-signal.ts";

/** What the exit codes mean, as `--help` shows it. */
export const EXIT_CODES = `Exit codes: 0 done, 1 failed, 2 used wrongly (arguments, phrase, account ID, identity),
3 the network can't be reached or trusted, 4 not stored or not read, 130 interrupted.`;

/** What each error of the client library means to a shell. */
const CODES: Readonly<Record<ClientErrorCode, number>> = {
  "bad-entropy": 1,
  "word-count": 2,
  "missing-checksum": 2,
  "unknown-word": 2,
  "wrong-checksum": 2,
  "wrong-phrase": 2,
  "bad-account-id": 2,
  "bad-network": 2,
  "untrusted-seed": 3,
  "bad-seed-answer": 1,
  "seeds-failed": 3,
  "too-few-nodes": 3,
  "unknown-node": 2,
  "no-path": 3,
  "path-failed": 3,
  refused: 4,
  "wrong-clock": 4,
  "timed-out": 4,
  "client-closed": 4,
  "not-stored": 4,
  "not-read": 4,
  "no-swarm": 3,
  "message-too-long": 2,
  "attachment-too-large": 2,
  "bad-attachment": 1,
  "no-file-server": 2,
  "unknown-server": 1,
  "server-unreachable": 3,
  "server-refused": 4,
  "bad-group-key": 2,
  "removed-from-group": 4,
  "last-admin": 2,
  "bad-blinded-id": 1,
  "unreadable-message": 1,
  "bad-name": 2,
  "unknown-name": 2,
  "names-disagree": 4,
};

/** The exit code of an error that ended a command. */
export function exitCode(error: unknown): number {
  if (error instanceof InterruptedError) return 130;
  if (error instanceof CliError) return 2;
  return error instanceof ClientError ? CODES[error.code] : 1;
}
