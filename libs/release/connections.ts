import { randomBytes } from "node:crypto";
import { addSecretEntries } from "@swarmpost/kubernetes";
import { labelsOf, type Release } from "./release-objects.ts";

/** `host:port` of each store of the quickstart; absent when it is an existing one. */
export interface QuickstartStores {
  readonly postgres?: string | undefined;
  readonly nats?: string | undefined;
  readonly redis?: string | undefined;
}

/** The user of the quickstart's NATS. */
const BUS_USER = "swarmpost";

/** A password of letters and digits, which every configuration language takes as it is. */
export function makePassword(): string {
  return `p${randomBytes(24).toString("hex")}`; // begins with a letter: NATS would read digits as a number
}

/** Makes the passwords of the quickstart's stores that are missing, and what follows from them. Answers all entries. */
export async function provideConnections(
  release: Release,
  stores: QuickstartStores,
): Promise<Readonly<Record<string, string>>> {
  const { postgres, nats, redis } = stores;
  if (postgres === undefined && nats === undefined && redis === undefined) return {};
  const object = { name: `${release.fullname}-connections`, labels: labelsOf(release, "prepare") };
  const wanted = { "postgres-password": postgres, "nats-password": nats, "redis-password": redis };
  const passwords = Object.fromEntries(
    Object.entries(wanted).flatMap(([entry, address]) => (address === undefined ? [] : [[entry, makePassword()]])),
  );
  const kept = (await addSecretEntries(release.kubernetes, { ...object, entries: passwords })).entries;
  const entries = derived(stores, kept);
  return (await addSecretEntries(release.kubernetes, { ...object, entries })).entries;
}

function derived(stores: QuickstartStores, passwords: Readonly<Record<string, string>>): Record<string, string> {
  const entries: Record<string, string> = {};
  if (stores.postgres !== undefined) {
    entries["database-admin-url"] = `postgres://postgres:${passwords["postgres-password"]}@${stores.postgres}/postgres`;
  }
  if (stores.nats !== undefined) {
    const password = passwords["nats-password"];
    entries["nats-auth.conf"] = `authorization { user: "${BUS_USER}", password: "${password}" }\n`;
    entries["bus-url"] = `nats://${BUS_USER}:${password}@${stores.nats}`;
  }
  if (stores.redis !== undefined) {
    entries["redis.conf"] = `requirepass ${passwords["redis-password"]}\n`;
    entries["redis-url"] = `redis://:${passwords["redis-password"]}@${stores.redis}`;
  }
  return entries;
}
