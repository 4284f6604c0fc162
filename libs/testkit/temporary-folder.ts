import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that is removed when disposed, and also when this process ends in any way, killed included. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

// Waits for the end of its standard input, then removes the folder, patiently: a server may still be writing into it.
const REMOVER = `
while read -r line; do :; done
n=0
while [ $n -lt 150 ]; do
  rm -rf -- "$1" 2>/dev/null
  [ -e "$1" ] || exit 0
  sleep 0.1; n=$((n+1))
done
`;

function startRemover(path: string): ChildProcess {
  const child = spawn("/bin/sh", ["-c", REMOVER, "remover", path], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: "/usr/bin:/bin" },
  });
  child.unref();
  child.stdin?.on("error", () => {});
  (child.stdin as Socket | null)?.unref();
  return child;
}

/** The system's temporary folder, or `/tmp` when that is private and another account could not enter it. */
function parentFor(owner: { uid: number; gid: number } | undefined): string {
  if (owner === undefined) return tmpdir();
  const enters = spawnSync("/bin/sh", ["-c", 'cd "$1"', "sh", tmpdir()], { ...owner, cwd: "/", stdio: "ignore" });
  return enters.status === 0 ? tmpdir() : "/tmp";
}

/** Makes an empty folder in the system's temporary folder, owned by `owner` when given (only root can give it away). */
export async function temporaryFolder(
  options: { owner?: { uid: number; gid: number } | undefined } = {},
): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(parentFor(options.owner), "swarmpost-"));
  const remover = startRemover(path);
  if (options.owner !== undefined) await chown(path, options.owner.uid, options.owner.gid);
  return {
    path,
    async [Symbol.asyncDispose]() {
      if (remover.exitCode !== null) return;
      const removed = once(remover, "exit");
      remover.ref();
      remover.stdin?.end();
      await removed;
    },
  };
}
