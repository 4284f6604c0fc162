import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes a new file that only its owner reads (mode 0600, folders 0700). Rejects with code EEXIST when it is there. */
export async function writeNewPrivateFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await using file = await open(path, "wx", 0o600);
  await file.writeFile(text);
  await file.sync();
}

/** Writes or replaces such a file, whole or not at all. */
export async function replacePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await rm(draft, { force: true });
  await writeNewPrivateFile(draft, text);
  await rename(draft, path);
}
