// Runs the tests with `node --test` on real servers. `--full` adds what takes longer; `--suite=chart` runs one folder of tests/.
import { spawn, spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { ensureHelm } from "./helm.mjs";
import { fail, root } from "./setup.mjs";

/** Programs that the tests start, and the Debian packages that bring them. */
const needed = {
  "nats-server": "nats-server",
  "redis-server": "redis-server",
  bwrap: "bubblewrap",
  ip: "iproute2",
  nft: "nftables",
  pg_isready: "postgresql-client",
  promtool: "prometheus",
  python3: "python3-minimal",
};
const full = process.argv.includes("--full");
const suite = process.argv.find((argument) => argument.startsWith("--suite="))?.slice("--suite=".length);

/** Installs what is missing, when root. */
function ensurePrograms() {
  const has = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
  const missing = Object.keys(needed).flatMap((program) => (has(program) ? [] : [needed[program]]));
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
  const suites = [
    "architecture",
    "fuzz",
    "conformance",
    "image",
    "chart",
    "observability",
    "e2e",
    "bench",
    ...(full ? ["chaos"] : []),
  ];
  const inTests = (name) => `tests/${name}/**/*.test.ts`;
  const everything = ["libs/**/*.test.ts", "services/**/*.test.ts", ...suites.map(inTests)];
  const patterns = suite === undefined ? everything : [inTests(suite)];
  return patterns.flatMap((pattern) =>
    globSync(pattern, { cwd: root, exclude: (path) => path.includes("node_modules") }),
  );
}

ensurePrograms();
const only = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const files = only.length > 0 ? only : testFiles();
if (files.some((file) => file.includes("tests/chart/"))) ensureHelm();
const timeoutMs = full ? 3_600_000 : 400_000;
const options = ["--test", "--test-concurrency=2", `--test-timeout=${timeoutMs}`, "--test-reporter=spec"];
// Random stories are short by default, orders and hostile inputs few; SEED, STEPS, RUNS and INPUTS of the environment choose others.
const env = full ? { STEPS: "120", RUNS: "2000", INPUTS: "1000000", ...process.env } : process.env;
const child = spawn(process.execPath, [...options, ...files], { cwd: root, stdio: "inherit", env });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
