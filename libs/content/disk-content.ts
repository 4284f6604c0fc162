import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ByteRange, ContentStore } from "./content-store.ts";
import { ContentError } from "./errors.ts";

const UNFINISHED = "unfinished";
/** What nobody has written to for so long belongs to no upload of another process that shares the folder. */
const ABANDONED_MS = 3_600_000;

function errnoOf(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  return typeof code === "string" && typeof syscall === "string" ? code : undefined;
}

function toContentError(error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  if (errno === "ENOENT") return new ContentError("not-found", "there is no such content", { cause: error });
  return new ContentError("unavailable", `the content's folder failed: ${errno}`, { cause: error });
}

async function flush(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}

async function clearAbandoned(path: string): Promise<void> {
  const written = await stat(path).catch(() => undefined); // Its process may end it just now.
  if (written !== undefined && Date.now() - written.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
}

/** Content as files of one folder, spread over sub-folders by the first two characters of the name. */
export class DiskContent implements ContentStore {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder when it is not there, and clears what a process that is gone did not finish. @throws ContentError `unavailable` */
  static async open(folder: string): Promise<DiskContent> {
    try {
      const unfinished = join(folder, UNFINISHED);
      await mkdir(unfinished, { recursive: true });
      for (const name of await readdir(unfinished)) await clearAbandoned(join(unfinished, name));
      return new DiskContent(folder);
    } catch (error) {
      throw toContentError(error);
    }
  }

  async put(name: string, body: Readable): Promise<void> {
    const unfinished = join(this.#folder, UNFINISHED, `${name}.${randomBytes(6).toString("hex")}`);
    const folder = this.#folderOf(name);
    try {
      await pipeline(body, createWriteStream(unfinished, { flags: "wx", flush: true }));
      if ((await mkdir(folder, { recursive: true })) !== undefined) await flush(this.#folder);
      await rename(unfinished, join(folder, name));
      await flush(folder);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {});
      const failure = toContentError(error);
      if (failure instanceof ContentError && failure.code === "not-found") {
        throw new ContentError("unavailable", "the content's folder has gone", { cause: error });
      }
      throw failure;
    }
  }

  async open(name: string, range?: ByteRange): Promise<Readable> {
    let handle: FileHandle;
    try {
      handle = await open(join(this.#folderOf(name), name), "r");
    } catch (error) {
      throw toContentError(error);
    }
    return handle.createReadStream(range);
  }

  async remove(name: string): Promise<void> {
    try {
      await rm(join(this.#folderOf(name), name), { force: true });
    } catch (error) {
      throw toContentError(error);
    }
  }

  #folderOf(name: string): string {
    return join(this.#folder, name.slice(0, 2));
  }
}
