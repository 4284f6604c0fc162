import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second of /proc on Linux, whatever the kernel's own tick. */
const TICKS = 100;

/** A process as /proc shows it. */
interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** CPU of the process and of its children that ended, µs; in steps of 10 ms. */
  readonly cpuUs: number;
}

/** CPU that each part of the system has used so far, µs. */
export type CpuUse = ReadonlyMap<string, number>;

/**
 * CPU of all descendants of this process by what they are: the name of a service, `postgres`, `redis-server`, … Read it
 * before and after a load; the difference is what the load took, give or take a step of 10 ms a process.
 */
export function descendantsCpu(root = process.pid): CpuUse {
  const use = new Map<string, number>();
  for (const { part, cpuUs } of descendants(root)) use.set(part, (use.get(part) ?? 0) + cpuUs);
  return use;
}

/** All descendants of a process, and what each is. */
export function descendants(root: number): readonly { pid: number; part: string; cpuUs: number }[] {
  const stats = allProcesses();
  const inside = new Set([root]);
  // A child may have a lower pid than its parent when pids wrapped, so go on until nothing is added.
  for (let before = 0; before !== inside.size; ) {
    before = inside.size;
    for (const { pid, parent } of stats) if (inside.has(parent)) inside.add(pid);
  }
  return stats
    .filter(({ pid }) => pid !== root && inside.has(pid))
    .map((stat) => ({ pid: stat.pid, part: partOf(stat), cpuUs: stat.cpuUs }));
}

/** CPU that one process has used so far, µs. */
export function processCpu(pid: number): number {
  return readStat(pid)?.cpuUs ?? 0;
}

/** What these parts have used between two readings, µs; of all parts when none is named. */
export function cpuBetween(before: CpuUse, after: CpuUse, parts: readonly string[] = [...after.keys()]): number {
  return parts.reduce((sum, part) => sum + (after.get(part) ?? 0) - (before.get(part) ?? 0), 0);
}

function allProcesses(): ProcessStat[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? []);
}

function readStat(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const nameEnd = text.lastIndexOf(")");
    // Fields from the third (state) on; proc(5) counts from 1: ppid is 4, utime to cstime are 14 to 17.
    const fields = text.slice(nameEnd + 2).split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    const name = text.slice(text.indexOf("(") + 1, nameEnd);
    return { pid, parent: Number(fields[1]), name, cpuUs: (ticks / TICKS) * 1e6 };
  } catch {
    return undefined; // It ended in the meantime.
  }
}

function partOf({ pid, name }: ProcessStat): string {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "latin1");
    return /services\/([\w-]+)\/main\.ts/.exec(command)?.[1] ?? name;
  } catch {
    return name;
  }
}
