// The `swarmpost` command; bin/swarmpost.mjs starts it on the pinned Node.
import { runCommandLine } from "./command-line.ts";
import { stopSignal } from "./stop-signal.ts";
import { processTerminal } from "./terminal.ts";

using stop = stopSignal();
process.exitCode = await runCommandLine(process.argv.slice(2), {
  terminal: processTerminal(),
  signal: stop.signal,
  stopped: stop.received,
});
// An interrupted command may leave a connection or standard input open, which nobody waits for any more.
if (process.exitCode === 130) process.exit();
