import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { helms } from "../render.ts";

const folder = import.meta.dirname;

/** The root of the repository, where the Tiltfile is. */
export const root = join(folder, "../../..");

/** One call of Tilt's API: its name, and its arguments by the names that Tilt gives them. */
export interface TiltCall {
  readonly call: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Evaluates the Tiltfile with stubs of Tilt's API. `flags` are those after `tilt up --`. @throws Error with the first fault */
export function evaluateTiltfile(flags: readonly string[] = []): readonly TiltCall[] {
  const toJson = `${process.execPath} ${join(folder, "yaml-to-json.mjs")}`;
  const args = [join(folder, "evaluate.py"), root, helms.at(-1)!.path, toJson, ...flags];
  const printed = execFileSync("python3", args, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return JSON.parse(printed) as TiltCall[];
}

/** The arguments of every call of one name. */
export function callsOf(calls: readonly TiltCall[], name: string): readonly Readonly<Record<string, unknown>>[] {
  return calls.filter(({ call }) => call === name).map(({ args }) => args);
}
