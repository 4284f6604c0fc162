import { spawnSync } from "node:child_process";

/** Runs a program of the system to its end and gives what it printed. @throws Error with its own words */
export function command(program: string, ...words: (string | { readonly input: string })[]): string {
  const args = words.filter((word) => typeof word === "string");
  const input = words.find((word) => typeof word === "object")?.input;
  const run = spawnSync(program, args, { encoding: "utf8", input });
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${run.stderr.trim()}`);
  return run.stdout;
}
