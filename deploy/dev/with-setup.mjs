// `node with-setup.mjs SCRIPT [arguments]`: sets up a clean clone, then runs SCRIPT on the pinned Node 24.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureSetup, fail, pinnedNode, root } from "./setup.mjs";

const [script, ...rest] = process.argv.slice(2);
if (script === undefined) fail("usage: node deploy/dev/with-setup.mjs SCRIPT [arguments]");
const parent = process.ppid;
ensureSetup();

const child = spawn(pinnedNode(), [join(root, script), ...rest], {
  stdio: "inherit",
  env: { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}` },
});
// A Ctrl-C in a terminal reaches the child by itself; `kill` reaches only this process, so every signal is passed on
// and the child takes a repeated one as the same wish.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
// `kill` of npm or npx ends the shell between it and this process but sends no signal here.
if (process.env.npm_command !== undefined) {
  setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 500).unref();
}
child.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === "SIGINT" ? 130 : 143);
});
