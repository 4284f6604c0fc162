import { type NatsServer, startNats } from "./nats.ts";
import { type PostgresServer, startPostgres } from "./postgres.ts";

/** What most services stand on, for all tests of a file. */
export interface TestStores extends AsyncDisposable {
  readonly postgres: PostgresServer;
  readonly nats: NatsServer;
  /** Makes an empty database; its URL. */
  emptyDatabase(): Promise<string>;
}

/** Starts a Postgres and a NATS of their own. @throws TestkitError */
export async function startStores(): Promise<TestStores> {
  await using starting = new AsyncDisposableStack();
  const postgres = starting.use(await startPostgres());
  const nats = starting.use(await startNats());
  const running = starting.move();
  let databases = 0;
  return {
    postgres,
    nats,
    emptyDatabase: () => postgres.createDatabase(`test_${++databases}`),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
