import { errorFields, type Logger, retryForever } from "@swarmpost/runtime";
import type { Database } from "./database.ts";
import { DatabaseError } from "./errors.ts";
import { type Migrations, migrate } from "./migrate.ts";

const WAIT = { minMs: 100, maxMs: 5_000 } as const;

/**
 * `migrate` for a start that may come before its database: waits for one that does not answer or is not made yet, and logs
 * each attempt. @throws DatabaseError for anything else; rejects with an `AbortError` when the signal is aborted.
 */
export async function migrateWhenThere(
  database: Database,
  migrations: Migrations,
  { signal, logger }: { readonly signal: AbortSignal; readonly logger: Logger },
): Promise<void> {
  const onFailure = (error: unknown): void => {
    if (!(error instanceof DatabaseError) || error.code !== "unavailable") throw error;
    logger.warn("database_not_ready", errorFields(error));
  };
  await retryForever(signal, { ...WAIT, onFailure }, () => migrate(database, migrations));
}
