import { accessSync, constants } from "node:fs";
import { TestkitError } from "./errors.ts";

/** Finds a program of the system by the paths it is installed at. Throws TestkitError `missing-program` with the command that installs it. */
export function systemProgram(...paths: string[]): string {
  for (const path of paths) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Look at the next place.
    }
  }
  const names = paths.map((path) => path.slice(path.lastIndexOf("/") + 1));
  throw new TestkitError(
    "missing-program",
    `${names[0]} is not installed. On Debian or Ubuntu, as root: apt-get install nats-server redis-server`,
  );
}
