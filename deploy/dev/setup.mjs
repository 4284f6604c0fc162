// Brings a clean clone to the point where its own Node 24 can run the sources. Runs on any Node >= 20 with npm alone.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const stamp = join(root, "node_modules/.swarmpost-setup");

/** Path of the pinned Node 24, which the registry's platform package brings. */
export function pinnedNode() {
  return join(root, "node_modules", `node-linux-${process.arch}`, "bin/node");
}

/** What the installed tree depends on: the lock file and every package's manifest. */
function fingerprint() {
  const hash = createHash("sha256");
  const own = ["tests/package.json", "deploy/docker/package.json"];
  const manifests = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ...own];
  for (const group of ["libs", "services"])
    for (const name of readdirSync(join(root, group)).sort()) manifests.push(`${group}/${name}/package.json`);
  for (const file of manifests) if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

/** Installs dependencies when they are missing or older than the lock file; prints to stderr only. */
export function ensureSetup() {
  if (process.platform !== "linux") fail("swarmpost's local network needs Linux (Debian or Ubuntu)");
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && existsSync(pinnedNode())) return;
  // Not the `packageManager` field: pnpm would then want itself in the lock file.
  const packageManager = `pnpm@${JSON.parse(readFileSync(join(root, "package.json"), "utf8")).config.pnpm}`;
  process.stderr.write(`setting up: ${packageManager} installs the dependencies (about a minute on a first run)\n`);
  const result = spawnSync("npx", ["-y", packageManager, "install", "--frozen-lockfile", "--reporter=silent"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, CI: "true" },
  });
  if (result.status !== 0) fail("the dependencies could not be installed: is the npm registry reachable?");
  if (!existsSync(pinnedNode())) fail(`no Node 24 package for this machine (${process.platform}-${process.arch})`);
  writeFileSync(stamp, wanted);
}

/** Ends with one clear line. */
export function fail(message) {
  process.stderr.write(`swarmpost: ${message}\n`);
  process.exit(1);
}
