/**
 * `unavailable`: the database did not answer, or ended the session; nobody knows whether a commit in flight happened.
 * `conflict`: a unique key is taken, or a concurrent transaction won. `taken`: another process holds the lock that was asked
 * for. `newer`: a newer release changed the schema in a way that this program cannot live with. `failed`: anything else, a
 * bug of ours as a rule.
 */
export type DatabaseErrorCode = "unavailable" | "conflict" | "taken" | "newer" | "failed";

/** The coded error of this package. Its message is safe to log: it never quotes values. */
export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode;
  /** The five characters of Postgres, when Postgres itself refused. */
  readonly sqlState: string | undefined;
  /** The violated constraint, when there is one. */
  readonly constraint: string | undefined;

  constructor(code: DatabaseErrorCode, details: { sqlState?: string; constraint?: string; cause?: unknown } = {}) {
    super(
      `the database query ${verbs[code]}${details.sqlState === undefined ? "" : ` (SQLSTATE ${details.sqlState})`}`,
      {
        cause: details.cause,
      },
    );
    this.name = "DatabaseError";
    this.code = code;
    this.sqlState = details.sqlState;
    this.constraint = details.constraint;
  }
}

const verbs = {
  unavailable: "could not reach a working database",
  conflict: "lost against a concurrent or earlier change",
  taken: "found the lock of this database held by another process",
  newer: "met a schema that a newer release has contracted: run that release or a later one",
  failed: "failed",
} as const;

// Connection lost, server shutting down or starting, out of resources, statement cancelled by its timeout, read-only standby;
// and a role or a database that is not there (yet): an install makes them while services start.
const unavailableStates = /^(08|53|57|58|28|3D)|^25006$/;
// Unique and exclusion violations, serialisation failure, deadlock.
const conflictStates = new Set(["23505", "23P01", "40001", "40P01"]);

function stateOf(error: unknown): string | undefined {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
  return severity !== undefined && typeof code === "string" ? code : undefined;
}

// What the driver throws by itself when a connection cannot be made, is lost, or does not answer.
const connectionTexts = /connection|timeout|terminated|not queryable|socket|pool after calling end/i;

function lostConnection(error: unknown): boolean {
  const { code, syscall, message } = (error ?? {}) as { code?: unknown; syscall?: unknown; message?: unknown };
  if (syscall !== undefined || (typeof code === "string" && /^E[A-Z]/.test(code))) return true;
  return typeof message === "string" && connectionTexts.test(message);
}

/** Turns what the driver throws into a `DatabaseError`; leaves one as it is. */
export function toDatabaseError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const sqlState = stateOf(error);
  if (sqlState === undefined)
    return new DatabaseError(lostConnection(error) ? "unavailable" : "failed", { cause: error });
  const { constraint } = error as { constraint?: string };
  const code = conflictStates.has(sqlState) ? "conflict" : unavailableStates.test(sqlState) ? "unavailable" : "failed";
  return new DatabaseError(code, { sqlState, ...(constraint === undefined ? {} : { constraint }), cause: error });
}
