// Runs the tests with `node --test` on real servers. `--full` adds what takes longer.
import { spawn, spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { fail, root } from "./setup.mjs";

const needed = ["nats-server", "redis-server"];
const full = process.argv.includes("--full");

/** The servers that the integration tests run the services on; installed when root and missing. */
function ensureServers() {
  const missing = needed.filter((name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0)
    fail(`the tests need ${missing.join(" and ")}: sudo apt-get install ${missing.join(" ")}`);
  process.stderr.write(`setting up: apt-get install ${missing.join(" ")}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const install = ["install", "-y", "--no-install-recommends", ...missing];
  for (const args of [["update"], install]) {
    const result = spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", "ignore", 2], env });
    if (result.status !== 0) fail(`apt-get ${args[0]} failed; install ${missing.join(" and ")} by hand`);
  }
}

/** Test files, quick ones beside the sources first. */
function testFiles() {
  const suites = ["architecture", "conformance", "e2e", "bench", ...(full ? ["chaos"] : [])];
  const patterns = [
    "libs/**/*.test.ts",
    "services/**/*.test.ts",
    ...suites.map((name) => `tests/${name}/**/*.test.ts`),
  ];
  return patterns.flatMap((pattern) =>
    globSync(pattern, { cwd: root, exclude: (path) => path.includes("node_modules") }),
  );
}

ensureServers();
const only = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const files = only.length > 0 ? only : testFiles();
const options = ["--test", "--test-concurrency=2", "--test-timeout=400000", "--test-reporter=spec"];
// Random stories are short by default; SEED and STEPS of the environment choose others.
const env = full ? { STEPS: "120", ...process.env } : process.env;
const child = spawn(process.execPath, [...options, ...files], { cwd: root, stdio: "inherit", env });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
