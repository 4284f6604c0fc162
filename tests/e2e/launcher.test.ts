import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");

/** Prints a line, then lives until it is told to stop; it says so, for ten seconds at most. */
const patient = `
process.on("SIGTERM", () => { console.log("told to stop"); process.exit(); });
setTimeout(() => console.log("forgotten"), 10_000);
console.log("running");
`;

test("what npx started ends with npx, which passes no signal on", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "swarmpost-launcher-"));
  const script = join(folder.path, "patient.mjs");
  await writeFile(script, patient);
  const launch = 'node deploy/dev/with-setup.mjs "$0"; :';
  const shell = spawn("sh", ["-c", launch, relative(root, script)], {
    cwd: root,
    env: { ...process.env, npm_command: "exec" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [first] = await once(shell.stdout, "data");
  assert.equal(String(first), "running\n");
  shell.kill();
  const [second] = await once(shell.stdout, "data");
  assert.equal(String(second), "told to stop\n");
});
