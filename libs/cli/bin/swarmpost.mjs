#!/usr/bin/env node
// `npx swarmpost …` in a clone: sets it up when needed, then runs the command on the pinned Node 24. Any Node >= 20.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const { ensureSetup, pinnedNode } = await import("../../../deploy/dev/setup.mjs").catch(() => {
  process.stderr.write("swarmpost: this is not a whole clone (deploy/dev is missing): clone the repository again\n");
  process.exit(1);
});
ensureSetup();

const child = spawn(pinnedNode(), [join(root, "libs/cli/main.ts"), ...process.argv.slice(2)], { stdio: "inherit" });
// A terminal's Ctrl-C reaches both; `kill` reaches only this process.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === "SIGINT" ? 130 : 143);
});
