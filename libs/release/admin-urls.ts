import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Server → URL of its administrator, from a folder with a file for each. Kubernetes' own hidden links are no servers. */
export async function readAdminUrls(folder: string | undefined): Promise<Map<string, string>> {
  if (folder === undefined) return new Map();
  const names = (await readdir(folder)).filter((name) => !name.startsWith(".")).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return new Map(names.map((name, index) => [name, texts[index]!.trim()]));
}
