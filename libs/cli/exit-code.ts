import { ClientError, type ClientErrorCode } from "@swarmpost/client";
import { CliError } from "./cli-error.ts";
import { InterruptedError } from "./stop-signal.ts";

/** What the exit codes mean, as `--help` shows it. */
export const EXIT_CODES = `Exit codes: 0 done, 1 failed, 2 used wrongly (arguments, phrase, account ID, identity),
3 the network can't be reached or trusted, 4 not stored or not read, 130 interrupted.`;

const USED_WRONGLY: readonly ClientErrorCode[] = [
  "word-count",
  "missing-checksum",
  "unknown-word",
  "wrong-checksum",
  "wrong-phrase",
  "bad-account-id",
  "bad-network",
  "message-too-long",
  "attachment-too-large",
  "no-file-server",
  "unknown-node",
  "bad-group-key",
  "last-admin",
  "bad-name",
  "unknown-name",
];
const NO_NETWORK: readonly ClientErrorCode[] = [
  "untrusted-seed",
  "seeds-failed",
  "too-few-nodes",
  "no-path",
  "path-failed",
  "no-swarm",
  "server-unreachable",
];
const NOT_DONE: readonly ClientErrorCode[] = [
  "not-stored",
  "not-read",
  "refused",
  "wrong-clock",
  "server-refused",
  "timed-out",
  "names-disagree",
  "removed-from-group",
  "client-closed",
];

/** The exit code of an error that ended a command. */
export function exitCode(error: unknown): number {
  if (error instanceof InterruptedError) return 130;
  if (error instanceof CliError) return 2;
  if (!(error instanceof ClientError)) return 1;
  if (USED_WRONGLY.includes(error.code)) return 2;
  if (NO_NETWORK.includes(error.code)) return 3;
  return NOT_DONE.includes(error.code) ? 4 : 1;
}
