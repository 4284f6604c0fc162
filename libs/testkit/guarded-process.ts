import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { TestkitError } from "./errors.ts";

/** A server process that ends with its parent, however the parent ends. It does not keep the parent alive. */
export interface GuardedProcess {
  readonly pid: number;
  /** True until the process has ended. */
  readonly running: boolean;
  /** The last 8 KiB that it wrote; kept only with `readyText`. */
  readonly output: string;
  /** Sends the signal (to a stopped process too) and waits for the end. Does nothing when it has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Where and as what a guarded process runs. */
export interface GuardedOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** The start is complete when the output contains this text; without it, as soon as the process exists. */
  readonly readyText?: string;
  /** Milliseconds until a start without `readyText` in its output counts as failed; 60,000 by default. */
  readonly startTimeoutMs?: number;
  /** File descriptor that takes what it writes; only without `readyText`. By default that is dropped. */
  readonly log?: number;
  /** How the process is ended when the parent is gone; SIGTERM by default. After 5 s SIGKILL follows. */
  readonly orphanSignal?: NodeJS.Signals;
}

/**
 * Starts a server in a process group of its own, so that Ctrl-C reaches only the parent, which then ends its servers in
 * order. A shell between the two holds a pipe from the parent: when that closes, it ends the server.
 * @throws TestkitError `start-failed` (with the end of its output) or `timeout`.
 */
export async function startGuarded(
  command: string,
  args: readonly string[],
  options: GuardedOptions = {},
): Promise<GuardedProcess> {
  const { readyText, log, startTimeoutMs = 60_000, orphanSignal = "SIGTERM", ...where } = options;
  const child = spawn("/bin/sh", ["-c", guard, "guard", orphanSignal.slice(3), command, ...args], {
    ...where,
    stdio: ["pipe", "pipe", readyText === undefined ? (log ?? "ignore") : "pipe"],
    detached: true,
  });
  child.stdin?.on("error", () => {}); // the shell is gone: its exit is what counts
  const output = keptOutput(child);
  const pid = await started(child, output, { command, readyText, startTimeoutMs });
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket | null)?.unref();
  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    pid,
    get running() {
      return running();
    },
    get output() {
      return output.text;
    },
    async end(signal) {
      if (!running()) return;
      const exited = once(child, "exit");
      child.ref();
      for (const each of [signal, "SIGCONT"] as const) sendSignal(pid, each);
      await exited;
    },
  };
}

const guard = `orphan=$1; shift
exec 3<&0
"$@" </dev/null >&2 3<&- &
server=$!
echo $server
{
  while read -r line <&3; do :; done
  kill -s $orphan $server; kill -s CONT $server
  n=0; while [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done
  kill -s KILL $server
} >/dev/null 2>&1 &
exec 3<&-
wait $server
status=$?
kill $!
exit $status`;

interface KeptOutput {
  text: string;
}

function keptOutput(child: ChildProcess): KeptOutput {
  const kept = { text: "" };
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    kept.text = (kept.text + text).slice(-8192);
  });
  return kept;
}

/** Signals a process; nothing when it has ended. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

interface Start {
  readonly command: string;
  readonly readyText: string | undefined;
  readonly startTimeoutMs: number;
}

/** Waits for the process id on standard output and for the ready text; ends the child when that fails. */
async function started(child: ChildProcess, output: KeptOutput, start: Start): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fail = (code: "start-failed" | "timeout", why: string) =>
    reject(new TestkitError(code, `${start.command} ${why}: ${output.text.trim()}`));
  let pidText = "";
  const look = () => {
    if (!pidText.includes("\n")) return;
    if (start.readyText === undefined || output.text.includes(start.readyText)) resolve(Number.parseInt(pidText, 10));
  };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    pidText += text;
    look();
  });
  child.stderr?.on("data", look);
  child.once("error", (error) => fail("start-failed", `cannot be started (${error.message})`));
  child.once("exit", (status) => setImmediate(() => fail("start-failed", `ended at its start with status ${status}`)));
  const timer = setTimeout(() => fail("timeout", "did not become ready in time"), start.startTimeoutMs);
  try {
    return await promise;
  } catch (error) {
    child.stdin?.end();
    throw error;
  } finally {
    clearTimeout(timer);
    child.stderr?.off("data", look);
  }
}
