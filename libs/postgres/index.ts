export { type Kysely, sql } from "kysely";
export {
  Database,
  type DatabaseOptions,
  openDatabase,
  type Query,
  type Queryable,
  type QueryResult,
} from "./database.ts";
export { DatabaseError, type DatabaseErrorCode } from "./errors.ts";
export { type DatabaseLock, holdLock, type LockOptions } from "./lock.ts";
export { type Migrations, migrate } from "./migrate.ts";
export { onceReachable, openMigrated, type Waiting } from "./open-migrated.ts";
