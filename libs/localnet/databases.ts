import { randomBytes } from "node:crypto";
import { openDatabase } from "@swarmpost/postgres";
import { type PostgresServer, startPostgres } from "@swarmpost/testkit";

/** Makes the databases of a network on one Postgres server. */
export interface Databases extends AsyncDisposable {
  /** Makes an empty database and returns its URL. */
  create(name: string): Promise<string>;
  /** The server itself when the network started it; faults stop and start it. */
  readonly server?: PostgresServer;
}

/** A Postgres server of the network's own; its data goes when the network does. */
export async function ownDatabases(options: { durable: boolean; connections: number }): Promise<Databases> {
  const server = await startPostgres({ fsync: options.durable, maxConnections: options.connections });
  return {
    server,
    create: async (name) => {
      await server.createDatabase(name);
      return server.url(name);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Databases on a given server, under names of this network's own, dropped when the network ends. */
export async function givenDatabases(serverUrl: string): Promise<Databases> {
  const admin = openDatabase({ url: serverUrl, maxConnections: 2, applicationName: "swarmpost-localnet" });
  const prefix = `swarmpost_${randomBytes(4).toString("hex")}`;
  const made: string[] = [];
  return {
    create: async (name) => {
      const full = `${prefix}_${name}`;
      await admin.query({ text: `create database ${full}`, values: [] });
      made.push(full);
      const url = new URL(serverUrl);
      url.pathname = `/${full}`;
      return url.href;
    },
    [Symbol.asyncDispose]: async () => {
      for (const name of made) await admin.query({ text: `drop database if exists ${name} with (force)`, values: [] });
      await admin[Symbol.asyncDispose]();
    },
  };
}
