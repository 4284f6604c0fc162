// Copies the anvil program of this platform, which its package brings, to a path.
import { chmodSync, copyFileSync } from "node:fs";
import { createRequire } from "node:module";

const anvil = createRequire(createRequire(import.meta.url).resolve("@foundry-rs/anvil/package.json"));
const platform = { x64: "linux-amd64", arm64: "linux-arm64" }[process.arch];
copyFileSync(anvil.resolve(`@foundry-rs/anvil-${platform}/bin/anvil`), process.argv[2]);
chmodSync(process.argv[2], 0o755);
