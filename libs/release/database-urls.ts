import { randomBytes } from "node:crypto";
import { addSecretEntries, getSecret, getStatefulSet } from "@swarmpost/kubernetes";
import { makePassword } from "./connections.ts";
import { ReleaseError } from "./errors.ts";
import { givenSecret, labelsOf, podName, type Release } from "./release-objects.ts";

/** Services with a database of their own, besides the nodes. */
const SERVICES = ["chain-watcher", "swarm-coordinator", "test-suite", "file-server"] as const;

/** Which server holds which database. */
export interface DatabaseOptions {
  readonly replicas: number;
  /** A Secret of the operator with every URL; without it URLs are made, once. */
  readonly existingSecret?: string | undefined;
  /** Server → ordinals of nodes; only ever appended to. */
  readonly servers: ReadonlyMap<string, readonly number[]>;
  /** The server of the services' databases. */
  readonly servicesServer: string;
  /** Server → URL of its administrator. */
  readonly adminUrls: ReadonlyMap<string, string>;
}

/**
 * Makes the URL, with a password of its own, of each database that has none yet. One that is there stays: a node whose
 * database moved would start empty.
 * @throws ReleaseError `settings` when a server is unknown, or other than the one that holds a database already;
 * `given-secret`; `lost`
 */
export async function provideDatabaseUrls(release: Release, options: DatabaseOptions): Promise<void> {
  const servers = serverOfEach(release.fullname, options);
  if (options.existingSecret !== undefined) {
    await givenSecret(release.kubernetes, options.existingSecret, [...servers.keys()]);
    return;
  }
  const name = `${release.fullname}-databases`;
  const known = (await getSecret(release.kubernetes, name))?.entries ?? (await noneYet(release, name));
  const entries: Record<string, string> = {};
  for (const [entry, server] of servers) {
    const admin = adminUrl(options, server);
    if (known[entry] === undefined) entries[entry] = databaseUrl(admin, entry);
    else requireSameServer(entry, server, { known: new URL(known[entry]), admin });
  }
  await addSecretEntries(release.kubernetes, { name, labels: labelsOf(release, "prepare"), entries });
}

/**
 * Where nodes run there are databases, and only this Secret says which are theirs. All nodes with new ones at once would be
 * the loss of every message.
 */
async function noneYet({ kubernetes, fullname }: Release, name: string): Promise<Record<string, string>> {
  if ((await getStatefulSet(kubernetes, `${fullname}-node`)) === undefined) return {};
  throw new ReleaseError(
    "lost",
    `the Secret ${name} is gone, which says where the databases of the running nodes are: bring it back from a backup; made by hand without an entry it gives every node a new, empty database`,
  );
}

function serverOfEach(fullname: string, options: DatabaseOptions): Map<string, string> {
  const holders = new Map(
    [...options.servers].flatMap(([server, ordinals]) => ordinals.map((ordinal) => [ordinal, server] as const)),
  );
  const servers = new Map<string, string>(SERVICES.map((service) => [service, options.servicesServer]));
  for (let ordinal = 0; ordinal < options.replicas; ordinal++) {
    const server = holders.get(ordinal);
    if (server === undefined) throw new ReleaseError("settings", `no database server holds the node ${ordinal}`);
    servers.set(podName(fullname, ordinal), server);
  }
  return servers;
}

function adminUrl(options: DatabaseOptions, server: string): URL {
  const text = options.adminUrls.get(server);
  if (text === undefined) throw new ReleaseError("settings", `the database server ${server} has no URL`);
  if (!URL.canParse(text)) throw new ReleaseError("settings", `the URL of the database server ${server} is none`);
  return new URL(text);
}

/** Names end in random digits: another release, or another cluster, may use the same server. */
function databaseUrl(admin: URL, entry: string): string {
  const name = `${entry.replaceAll(/[^a-z0-9]/g, "_").slice(-50)}_${randomBytes(4).toString("hex")}`;
  const url = new URL(admin);
  url.username = name;
  url.password = makePassword();
  url.pathname = `/${name}`;
  return url.href;
}

function requireSameServer(entry: string, server: string, { known, admin }: { known: URL; admin: URL }): void {
  const port = (url: URL): string => (url.port === "" ? "5432" : url.port);
  if (known.hostname === admin.hostname && port(known) === port(admin)) return;
  throw new ReleaseError(
    "settings",
    `the database of ${entry} is on another server than ${server}: databases.servers may only be appended to`,
  );
}
