import { type Database, DatabaseError, holdLock, openDatabase } from "@swarmpost/postgres";
import { errorFields, type JobRuntime, retryForever } from "@swarmpost/runtime";
import { readAdminUrls } from "./admin-urls.ts";
import type { DatabasesConfig } from "./databases-config.ts";
import { ReleaseError } from "./errors.ts";

const LOCK = "swarmpost databases";
const RETRY = { minMs: 250, maxMs: 3_000 } as const;

/**
 * Makes the role and the database of each URL on its server; what exists stays. Waits for servers that do not answer yet,
 * for each by itself: one that is away holds up no other.
 * @throws ReleaseError `settings` for a URL of no known server; DatabaseError when a server refuses
 */
export async function makeDatabases(config: DatabasesConfig, runtime: JobRuntime): Promise<void> {
  const servers = await readAdminUrls(config.DATABASE_SERVERS_DIR);
  const wanted = [...(await readAdminUrls(config.DATABASES_DIR))].map(([entry, url]) => ({ entry, url: new URL(url) }));
  for (const { entry, url } of wanted) {
    if (![...servers.values()].some((admin) => serverOf(new URL(admin)) === serverOf(url))) {
      throw new ReleaseError("settings", `the database of ${entry} is on a server that is not in databases.servers`);
    }
  }
  const failed = new AbortController();
  const bounded = { ...runtime, signal: AbortSignal.any([runtime.signal, failed.signal]) };
  const making = [...servers].map(async ([server, adminUrl]) => {
    const own = wanted.filter(({ url }) => serverOf(url) === serverOf(new URL(adminUrl)));
    await makeOn(
      adminUrl,
      own.map(({ url }) => url),
      bounded,
    );
    runtime.print(`${server}: ${own.length} databases`);
  });
  await Promise.all(making).finally(() => failed.abort());
}

async function makeOn(adminUrl: string, urls: readonly URL[], runtime: JobRuntime): Promise<void> {
  await using admin = openDatabase({ url: adminUrl, maxConnections: 1, applicationName: "swarmpost-databases" });
  await whenThere(runtime, async () => {
    await using _alone = await holdLock(admin, LOCK, { signal: runtime.signal }); // two at once would trip over each other
    for (const url of urls) await makeDatabase(admin, url);
  });
}

function serverOf(url: URL): string {
  return `${url.hostname}:${url.port === "" ? "5432" : url.port}`;
}

async function whenThere(runtime: JobRuntime, act: () => Promise<void>): Promise<void> {
  const onFailure = (error: unknown, attempt: number): void => {
    const away = error instanceof DatabaseError && error.code !== "failed";
    if (!away) throw error;
    runtime.logger.warn("database_away", { attempt, ...errorFields(error) });
  };
  await retryForever(runtime.signal, { ...RETRY, onFailure }, act);
}

/** Names and passwords were made by `prepare`; anything else is refused rather than quoted. */
async function makeDatabase(admin: Database, url: URL): Promise<void> {
  const [user, password, name] = [url.username, url.password, url.pathname.slice(1)];
  if (![user, password, name].every((text) => /^[a-zA-Z0-9_]+$/.test(text))) {
    throw new ReleaseError(
      "settings",
      "a database's URL has a user, a password or a name of other than letters and digits",
    );
  }
  const role = await admin.query({ text: "select 1 from pg_roles where rolname = $1", values: [user] });
  const verb = role.rowCount === 0 ? "create" : "alter";
  await admin.query({ text: `${verb} role "${user}" login password '${password}'` });
  const found = await admin.query({ text: "select 1 from pg_database where datname = $1", values: [name] });
  if (found.rowCount === 0) {
    await admin.query({ text: `grant "${user}" to current_user` }); // an administrator need not be a superuser
    await admin.query({ text: `create database "${name}" owner "${user}" template template0 encoding 'UTF8'` });
  }
  await admin.query({ text: `revoke all on database "${name}" from public` });
}
