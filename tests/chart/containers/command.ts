import { spawnSync } from "node:child_process";

/** Runs a program of the system to its end and gives what it printed. @throws Error with its own words */
export function command(program: string, ...args: string[]): string {
  const run = spawnSync(program, args, { encoding: "utf8" });
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${run.stderr.trim()}`);
  return run.stdout;
}
