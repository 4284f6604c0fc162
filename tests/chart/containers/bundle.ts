import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const script = join(import.meta.dirname, "../../../deploy/docker/bundle.mjs");

/** Makes the bundle of our programs that the image has as its /app. */
export async function bundleInto(folder: string): Promise<void> {
  await promisify(execFile)(process.execPath, [script, folder]);
}
