#!/usr/bin/env node
// `npx swarmpost …` in a clone, on any Node >= 20: sets the clone up when needed, then runs the command on its Node 24.
import { existsSync } from "node:fs";

const starter = new URL("../../../deploy/dev/with-setup.mjs", import.meta.url);
if (existsSync(starter)) {
  process.argv.splice(2, 0, "libs/cli/main.ts");
  await import(starter.href);
} else {
  process.stderr.write("swarmpost: this is not a whole clone (deploy/dev is missing): clone the repository again\n");
  process.exitCode = 1;
}
