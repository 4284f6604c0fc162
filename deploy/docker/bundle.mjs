// Bundles every program of the image into one folder: main.mjs and the chunks that its programs share. What can't be
// bundled (native code) is copied beside them.
import { build } from "esbuild";
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
/** Packages that find a file of machine code beside themselves, and who needs them. */
const native = { "sodium-native": "libs/crypto" };

/** CommonJS packages in the bundle ask for Node's own modules by `require`, and for their folder. */
const commonJsNames =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url), __dirname = import.meta.dirname;";

/** gRPC's health service reads its protocol file from beside its code, so that file comes along. */
const healthProtos = {
  name: "health-protos",
  setup(build) {
    build.onLoad({ filter: /grpc-health-check\/build\/src\/health\.js$/ }, async ({ path }) => {
      const code = readFileSync(path, "utf8");
      if (!code.includes("/../../proto")) throw new Error("grpc-health-check has its protocol file elsewhere now");
      cpSync(join(dirname(path), "../../proto"), join(build.initialOptions.outdir, "proto"), { recursive: true });
      return { contents: code.replaceAll("/../../proto", "/proto"), loader: "js" };
    });
  },
};

/** Writes the programs into a folder, whose old content goes. */
export async function bundleInto(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: { main: join(root, "deploy/docker/main.ts") },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    outExtension: { ".js": ".mjs" },
    chunkNames: "[name]-[hash]", // beside main.mjs, so that __dirname is the folder of all
    external: Object.keys(native),
    sourcemap: true,
    sourcesContent: false,
    legalComments: "none",
    logLevel: "warning",
    banner: { js: commonJsNames },
    plugins: [healthProtos],
  });
  copyNative(folder);
}

/** Copies a package and what it needs, for this platform, as a plain node_modules. */
function copyNative(folder) {
  const queue = Object.entries(native).map(([name, from]) => [name, createRequire(join(root, from, "package.json"))]);
  const done = new Set();
  for (const [name, require] of queue) {
    if (done.has(name)) continue;
    done.add(name);
    const manifest = realpathSync(require.resolve(`${name}/package`));
    const own = createRequire(manifest);
    const platform = `${process.platform}-${process.arch}`;
    cpSync(dirname(manifest), join(folder, "node_modules", name), {
      recursive: true,
      dereference: true,
      filter: (path) => {
        const inside = path.slice(dirname(manifest).length);
        if (/\/(node_modules|deps|test|\.github)(\/|$)/.test(inside)) return false;
        return !/\/prebuilds\/./.test(inside) || inside.includes(`/prebuilds/${platform}`);
      },
    });
    for (const dependency of Object.keys(own(manifest).dependencies ?? {})) queue.push([dependency, own]);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleInto(process.argv[2] ?? join(root, "dist"));
