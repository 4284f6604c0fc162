import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Account, type Attachment, ClientError, type SwarmpostClient } from "@swarmpost/client";
import { CliError } from "./cli-error.ts";

/** Uploads a file for a message. Throws CliError "usage" when it can't be read, and as `SwarmpostClient.attach`. */
export async function attachFile(client: SwarmpostClient, account: Account, path: string): Promise<Attachment> {
  let data: Buffer;
  try {
    data = await readFile(path);
  } catch (cause) {
    throw new CliError("usage", `the file ${path} can't be read: is the name right?`, { cause });
  }
  return await client.attach(account, data, { name: basename(path) });
}

/**
 * Downloads a message's file into a folder, under a name that its sender can't make anything else of than a file there;
 * no file is ever replaced. Where it is, or one line on why not.
 */
export async function saveAttachment(
  client: SwarmpostClient,
  attachment: Attachment,
  { folder, tag }: { folder: string; tag: string },
): Promise<string> {
  const name = safeName(attachment.name);
  const path = join(folder, `${tag}-${name}`);
  try {
    const data = await client.download(attachment);
    await mkdir(folder, { recursive: true });
    await writeFile(path, data, { flag: "wx", mode: 0o600 });
    return `saved ${path}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return `${path} is there already`;
    if (error instanceof ClientError) return `warning: ${name} was not saved: ${error.message}`;
    throw error;
  }
}

/** The start of a message's hash, fit for a file name. */
export function fileTag(hash: string): string {
  return hash.slice(0, 10).replaceAll("/", "_").replaceAll("+", "-");
}

/** Letters, digits and a few marks of a name that someone else chose. */
export function safeName(name = "file"): string {
  const safe = name
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}._ -]/gu, "_")
    .replace(/^[. -]+/, "")
    .slice(-80);
  return safe === "" ? "file" : safe;
}
