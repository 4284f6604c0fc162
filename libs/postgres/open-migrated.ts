import { errorFields, type Runtime, retryForever } from "@swarmpost/runtime";
import { type Database, type DatabaseOptions, openDatabase } from "./database.ts";
import { DatabaseError } from "./errors.ts";
import { migrate, type Migrations } from "./migrate.ts";

/** What waiting for a database works with. */
export type Waiting = Pick<Runtime, "health" | "logger" | "signal">;

const BACKOFF = { minMs: 100, maxMs: 3_000 };
/** The same reason is logged again only after this long. */
const LOG_MS = 30_000;

/** Why a database is not of use, in words for operators. */
function reasonOf({ sqlState = "" }: DatabaseError): string {
  if (sqlState.startsWith("28")) return "refuses the role or its password";
  if (sqlState.startsWith("3D")) return "does not exist (yet)";
  return "does not answer";
}

/**
 * Does the first work on a database that may not be there yet: when everything is started at once, Postgres, the role and the
 * database come when they come. Tries again until the work is done or fails for another reason than `unavailable`;
 * meanwhile health and, now and then, the log say why. Rejects with an `AbortError` as soon as the process is to end.
 */
export async function onceReachable<T>({ health, logger, signal }: Waiting, work: () => Promise<T>): Promise<T> {
  let reason: string | undefined;
  let loggedMs = Number.NEGATIVE_INFINITY;
  health.check("database", () => reason);
  const onFailure = (error: unknown, attempt: number): void => {
    if (!(error instanceof DatabaseError) || error.code !== "unavailable") throw error;
    const now = performance.now();
    const said = reason === reasonOf(error) && now - loggedMs < LOG_MS;
    reason = reasonOf(error);
    if (said) return;
    loggedMs = now;
    logger.warn("database_not_ready", { reason, attempt, ...errorFields(error) });
  };
  const result = await retryForever(signal, { ...BACKOFF, onFailure }, () => abortable(work(), signal));
  if (reason !== undefined) logger.info("database_ready");
  reason = undefined;
  return result;
}

/**
 * Opens a database, waits until it can be used, and brings its schema up to date; a health check `database` says what it
 * waits for and, later, whether it answers. @throws DatabaseError `failed` or `newer`; AbortError when the process is to end.
 */
export async function openMigrated(
  options: DatabaseOptions,
  { migrations, runtime }: { migrations: Migrations; runtime: Waiting },
): Promise<Database> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(openDatabase(options));
  await onceReachable(runtime, () => migrate(database, migrations));
  runtime.health.check("database", () => (database.healthy() ? undefined : "does not answer"));
  stack.move();
  return database;
}

/** The end of a process does not wait for a connection that nobody answers. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    work.catch(() => {}); // what comes of it later, nobody waits for
  }
}
