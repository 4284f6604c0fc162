import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A server process that ends with its parent, however the parent ends. */
export interface GuardedProcess {
  readonly pid: number;
  /** True until the process has ended. */
  readonly running: boolean;
  /** Sends the signal (to a stopped process too) and waits for the end. Does nothing when it has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Where and as what a guarded process runs. */
export interface GuardedOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Starts a silent server in a process group of its own, so that Ctrl-C reaches only the parent, which then ends its
 * servers in order. A shell between the two holds a pipe from the parent: when that closes, it ends the server.
 * @throws Error when the shell cannot be started.
 */
export async function startGuarded(
  command: string,
  args: readonly string[],
  options: GuardedOptions = {},
): Promise<GuardedProcess> {
  const child = spawn("sh", ["-c", guard, "guard", command, ...args], {
    ...options,
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  child.stdin.on("error", () => {}); // the shell is gone: its exit is what counts
  const pid = await serverPid(child);
  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    pid,
    get running() {
      return running();
    },
    async end(signal) {
      if (!running()) return;
      const exited = once(child, "exit");
      for (const each of [signal, "SIGCONT"] as const) sendSignal(pid, each);
      await exited;
    },
  };
}

const guard = `exec 3<&0
"$@" </dev/null >/dev/null 2>&1 3<&- &
server=$!
echo $server
{ cat <&3; kill $server; kill -CONT $server; } >/dev/null 2>&1 &
wait $server
status=$?
kill $!
exit $status`;

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function serverPid(child: ChildProcess): Promise<number> {
  let text = "";
  child.stdout?.setEncoding("utf8");
  while (!text.includes("\n")) {
    if (child.stdout === null) break;
    const chunk = await Promise.race([once(child.stdout, "data"), once(child, "exit"), once(child, "error")]);
    if (typeof chunk[0] !== "string") break;
    text += chunk[0];
  }
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid)) throw new Error("a server process did not start");
  return pid;
}
