import { spawn } from "node:child_process";
import { once } from "node:events";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type TemporaryFolder, temporaryFolder } from "@swarmpost/testkit";

const root = join(import.meta.dirname, "../..");

/** A folder with what the image has as its /app. */
export interface Bundle extends AsyncDisposable {
  readonly path: string;
}

/** Bundles the programs as the image's build does, away from the sources. */
export async function makeBundle(): Promise<Bundle> {
  const folder: TemporaryFolder = await temporaryFolder();
  const path = join(folder.path, "app");
  await promisify(execFile)(process.execPath, [join(root, "deploy/docker/bundle.mjs"), path]);
  return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** A program of the bundle, as a process started the way the image's entry point does. */
export interface ImageProcess {
  /** Everything it wrote so far. */
  readonly output: { readonly out: string; readonly err: string };
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a program with nothing in its environment but these settings. */
export function startProgram(bundle: Bundle, args: readonly string[], env: Record<string, string> = {}): ImageProcess {
  const main = join(bundle.path, "main.mjs");
  const child = spawn(process.execPath, ["--enable-source-maps", main, ...args], {
    cwd: "/",
    env: { NODE_ENV: "production", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (output.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (output.err += text));
  const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  return { output, ended, kill: (signal) => void child.kill(signal) };
}
