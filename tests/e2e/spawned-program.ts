import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@swarmpost/testkit";

const root = join(import.meta.dirname, "../..");

/** How a program ended and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A process that still runs. */
export interface RunningProcess {
  readonly pid: string;
  readonly command: string;
}

/** A place of its own for programs: home, temporary folder, and with that the mark that all their processes carry. */
export class Sandbox implements AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  readonly #temporary: string;
  readonly #running = new Set<ChildProcess>();

  private constructor(folder: string) {
    this.folder = folder;
    this.home = join(folder, "home");
    this.#temporary = folder;
  }

  static async make(): Promise<Sandbox> {
    const folder = await mkdtemp(join(tmpdir(), "e2e-swarmpost-"));
    await chmod(folder, 0o755); // Postgres runs as another account and must get in.
    return new Sandbox(folder);
  }

  /** Starts a script of the repository on this Node. */
  start(script: string, args: readonly string[], input = ""): Spawned {
    const env = { PATH: process.env["PATH"], HOME: this.home, TMPDIR: this.#temporary };
    const options = { cwd: root, env, stdio: "pipe", detached: true } as const;
    const child = spawn(process.execPath, [join(root, script), ...args], options);
    child.stdin.on("error", () => undefined).end(input);
    this.#running.add(child);
    child.once("exit", () => this.#running.delete(child));
    return new Spawned(child);
  }

  /** Starts a script and waits for its end. */
  run(script: string, args: readonly string[], input = ""): Promise<Ended> {
    return this.start(script, args, input).ended;
  }

  /** Temporary folders of ours that are left. */
  async leftFolders(): Promise<string[]> {
    return (await readdir(this.#temporary)).filter((name) => name.startsWith("swarmpost-"));
  }

  /** Processes that carry this place's name in their environment, command line or working directory. */
  async leftProcesses(): Promise<RunningProcess[]> {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(
      pids.map(async (pid) => {
        const [environment, command, folder] = await Promise.all([
          readFile(`/proc/${pid}/environ`, "latin1").catch(() => ""),
          readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => ""),
          readlink(`/proc/${pid}/cwd`).catch(() => ""),
        ]);
        const ours = [environment, command, folder].some((text) => text.includes(this.folder));
        return ours ? { pid, command: command.replaceAll("\0", " ") } : undefined;
      }),
    );
    return found.filter((each) => each !== undefined);
  }

  /** Waits until nothing is left; throws with what is. */
  async clean(): Promise<void> {
    await eventually(
      async () => {
        const processes = (await this.leftProcesses()).map(({ pid, command }) => `${pid} ${command}`);
        const left = [...processes, ...(await this.leftFolders())];
        if (left.length > 0) throw new Error(`left behind: ${left.join("; ")}`);
      },
      { timeoutMs: 30_000, intervalMs: 200 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [...this.#running].map(async (child) => {
        const exited = once(child, "exit");
        child.kill("SIGTERM");
        await exited;
      }),
    );
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A program that runs. */
export class Spawned {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  out = "";
  err = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.out += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.err += text));
    this.ended = once(child, "close").then(([code]) => ({ code: code as number | null, out: this.out, err: this.err }));
  }

  /** Waits until the program has written this; throws with what it wrote when it ends before. */
  async says(text: RegExp, timeoutMs = 180_000): Promise<void> {
    const saidOrEnded = () => text.test(this.out) || text.test(this.err) || this.#child.exitCode !== null;
    await eventually(saidOrEnded, { timeoutMs, intervalMs: 50 });
    if (text.test(this.out) || text.test(this.err)) return;
    throw new Error(`ended with ${this.#child.exitCode} and never said ${text}: ${this.out}${this.err}`);
  }

  /** Ctrl-C: as in a terminal, every process of the program's group gets the signal. */
  interrupt(): void {
    process.kill(-this.#child.pid!, "SIGINT");
  }
}
