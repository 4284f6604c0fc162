// Copies the anvil program of this platform, which its package brings, to a path.
import { copyFileSync, chmodSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const testkit = createRequire(join(root, "libs/testkit/package.json"));
const anvil = createRequire(testkit.resolve("@foundry-rs/anvil/package.json"));
const platform = { x64: "linux-amd64", arm64: "linux-arm64" }[process.arch];
copyFileSync(anvil.resolve(`@foundry-rs/anvil-${platform}/bin/anvil`), process.argv[2]);
chmodSync(process.argv[2], 0o755);
