import { execFileSync } from "node:child_process";

/** The system account that a server must run as, or undefined to run it as the current one. */
export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

function idOf(flag: "-u" | "-g", user: string): number | undefined {
  try {
    return Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  } catch {
    return undefined;
  }
}

function account(user: string): ServerAccount | undefined {
  const uid = idOf("-u", user);
  const gid = idOf("-g", user);
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/**
 * Postgres refuses to run as root: for root this is the system user `postgres`, made when it is missing, or `nobody` where
 * users cannot be made. Anybody else runs it as themselves.
 */
export function postgresAccount(): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const existing = account("postgres");
  if (existing !== undefined) return existing;
  try {
    execFileSync("useradd", ["--system", "--user-group", "--no-create-home", "postgres"], { stdio: "ignore" });
  } catch {
    return account("nobody");
  }
  return account("postgres") ?? account("nobody");
}
