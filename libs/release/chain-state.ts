import { createReadStream, createWriteStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

/** The kept chain in a folder: always one whole file, however a process or a machine ends. */
export class ChainState {
  readonly #folder: string;
  readonly #file: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#file = join(folder, "chain.gz");
  }

  /** A plain copy for anvil to begin with; undefined when nothing is kept yet. `forget` removes it. */
  async unpack(): Promise<string | undefined> {
    const kept = await stat(this.#file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (kept === undefined) return undefined;
    await pipeline(createReadStream(this.#file), createGunzip(), createWriteStream(this.#unpacked));
    return this.#unpacked;
  }

  /** Removes what `unpack` made. */
  async forget(): Promise<void> {
    await rm(this.#unpacked, { force: true });
  }

  get #unpacked(): string {
    return join(this.#folder, "chain.json");
  }

  /** Keeps this state, as `anvil_dumpState` gave it (gzip), in the place of the former one. It is on disk afterwards. */
  async keep(dump: Uint8Array): Promise<void> {
    const fresh = `${this.#file}.new`;
    await writeThrough(fresh, dump);
    await rename(fresh, this.#file);
    await using folder = await open(this.#folder, "r");
    await folder.sync();
  }
}

async function writeThrough(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, "w");
  await file.writeFile(bytes);
  await file.sync();
}
