import { readFileSync } from "node:fs";
import { descendants } from "./process-cpu.ts";

/** Memory of all descendants of this process by what they are, bytes; a page that several share counts once in their sum. */
export function descendantsMemory(root = process.pid): ReadonlyMap<string, number> {
  const use = new Map<string, number>();
  for (const { pid, part } of descendants(root)) use.set(part, (use.get(part) ?? 0) + memoryOf(pid));
  return use;
}

function memoryOf(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1_024;
  } catch {
    return 0; // It ended in the meantime.
  }
}
