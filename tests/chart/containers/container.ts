import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import type { Readable } from "node:stream";

/** A folder or file of this machine as a container sees it. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly writable: boolean;
}

/** What is started, as a container runtime would be told. */
export interface ContainerSpec {
  /** Command and arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly uid: number;
  readonly gid: number;
  readonly readOnlyRoot: boolean;
  readonly mounts: readonly Mount[];
  /** Process in whose network it runs. */
  readonly networkPid: number;
  /** File that takes what it prints. */
  readonly log: string;
}

/** The system's own folders, which stand in for the image's Debian. */
const system = [
  "--ro-bind",
  "/usr",
  "/usr",
  ...["bin", "sbin", "lib", "lib64"].flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]),
];

function sandbox(spec: ContainerSpec, infoFd: number): string[] {
  const binds = spec.mounts.flatMap(({ source, target, writable }) => [
    writable ? "--bind" : "--ro-bind",
    source,
    target,
  ]);
  return [
    ["--unshare-user", "--uid", String(spec.uid), "--gid", String(spec.gid), "--cap-drop", "ALL"],
    ["--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session"],
    [...system, "--tmpfs", "/usr/local", "--proc", "/proc", "--dev", "/dev"],
    binds,
    ["--remount-ro", "/usr/local", ...(spec.readOnlyRoot ? ["--remount-ro", "/"] : [])],
    [
      "--chdir",
      spec.workdir,
      "--clearenv",
      ...Object.entries(spec.env).flatMap(([key, value]) => ["--setenv", key, value]),
    ],
    ["--info-fd", String(infoFd), "--", ...spec.command],
  ].flat();
}

/** How a container ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One run of a container: a plain process as process 1 of its own sandbox. */
export class Container {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #pid: Promise<number>;

  private constructor(child: ChildProcess, log: string) {
    this.#child = child;
    this.#log = log;
    this.#pid = text(child.stdio[3] as Readable).then(
      (info) => (JSON.parse(info) as { "child-pid": number })["child-pid"],
    );
    this.#pid.catch(() => {}); // it ended before it began; `ended` says so
    this.ended = once(child, "exit").then(([code, signal]) => ({ code, signal }) as Ended);
  }

  /** Starts a container. */
  static start(spec: ContainerSpec): Container {
    const log = openSync(spec.log, "a");
    const args = [`--net=/proc/${spec.networkPid}/ns/net`, "bwrap", ...sandbox(spec, 3)];
    try {
      return new Container(spawn("nsenter", args, { stdio: ["ignore", log, log, "pipe"] }), spec.log);
    } finally {
      closeSync(log);
    }
  }

  /** Its process 1, as this machine numbers it. */
  get pid(): Promise<number> {
    return this.#pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Signals process 1 of the container. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const pid = await this.pid;
    if (this.running) process.kill(pid, signal);
  }

  /** All that it printed. */
  output(): string {
    return readFileSync(this.#log, "utf8");
  }
}
