import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openDatabase } from "@swarmpost/postgres";
import {
  eventually,
  type PostgresServer,
  sparePort,
  startNats,
  startPostgres,
  startRedis,
  type TemporaryFolder,
  temporaryFolder,
} from "@swarmpost/testkit";
import { programTables } from "../chart/programs.ts";
import { type Bundle, type ImageProcess, makeBundle, startProgram } from "./image-process.ts";

const jobs = ["prepare", "databases", "register", "message-test", "network-file"];
const names = Object.keys(programTables);
const services = names.filter((name) => !jobs.includes(name) && name !== "chain");
const PASSWORD = "pass0word0that0nobody0may0read";
const [seed, operatorKey, onionKey] = Array.from({ length: 3 }, () => randomBytes(32).toString("hex"));
/** What none of the programs may show. */
const SECRETS = [PASSWORD, seed!, operatorKey!, onionKey!];

/** Where the stores are. */
interface Stores {
  readonly postgres: string;
  readonly nats: string;
  readonly redis: string;
}

let bundle: Bundle;
let folder: TemporaryFolder;
before(async () => {
  [bundle, folder] = await Promise.all([makeBundle(), temporaryFolder()]);
});
after(async () => {
  await bundle?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** Every secret setting that there is, each with something in it that must not be seen. */
function secretSettings({ postgres, nats, redis }: Stores): Record<string, string> {
  const secrets = Object.values(programTables).flatMap((table) =>
    Object.entries(table).flatMap(([key, entry]) => (entry.secret === true ? [key] : [])),
  );
  return {
    ...Object.fromEntries(secrets.map((key) => [key, PASSWORD])),
    NODE_SEED: seed!,
    ONION_KEY: onionKey!,
    OPERATOR_KEY: `0x${operatorKey}`,
    DATABASE_URL: `postgres://user:${PASSWORD}@${postgres}/name`,
    BUS_URL: `nats://user:${PASSWORD}@${nats}`,
    REDIS_URL: `redis://:${PASSWORD}@${redis}`,
    CHAIN_RPC_URLS: `http://user:${PASSWORD}@127.0.0.1:9/v3/${PASSWORD}?key=${PASSWORD}`,
  };
}

/** What a program needs besides, for it to get as far as its stores. */
async function otherSettings(stores: Stores): Promise<Record<string, string>> {
  const [admins, databases, keys] = ["admins", "databases", "keys"].map((name) => join(folder.path, name));
  for (const path of [admins!, databases!, keys!]) await mkdir(path, { recursive: true });
  await writeFile(join(admins!, "main"), `postgres://user:${PASSWORD}@${stores.postgres}/postgres`);
  await writeFile(join(databases!, "net-node-0"), `postgres://node:${PASSWORD}@${stores.postgres}/node`);
  await writeFile(join(keys!, "net-node-0"), randomBytes(32).toString("hex"));
  const ports = ["ADMIN", "HTTP", "HTTPS", "PEER", "GRPC", "LOCAL", "REPLICA"].map((name) => [`${name}_PORT`, "0"]);
  return {
    ...Object.fromEntries(ports),
    ADMIN_PORT: String(await sparePort()),
    LOG_LEVEL: "debug",
    PUBLIC_IP: "127.0.0.1",
    CHAIN_CONTRACT: `0x${"1".repeat(40)}`,
    DATABASES_DIR: databases!,
    DATABASE_SERVERS_DIR: admins!,
    DATABASE_SERVERS: '{"main":[0]}',
    DATABASE_SERVICES_SERVER: "main",
    NODE_KEYS_DIR: keys!,
    NODE_REPLICAS: "1",
    POD_NAMESPACE: "default",
    FULLNAME: "net",
    RELAYS: "net-node-0=127.0.0.1:9",
    SEEDS: "net-node-0=https://127.0.0.1:9",
    REGISTER_TIMEOUT_MS: "1000",
    MESSAGE_TIMEOUT_MS: "1000",
    S3_BUCKET: "files",
    S3_ENDPOINT: "http://127.0.0.1:9",
    KUBECONFIG: join(folder.path, "none"),
  };
}

/** What the admin server tells everybody in the cluster; nothing once the program has ended. */
async function toldBy(adminPort: string | undefined): Promise<string> {
  const pages = ["readyz", "metrics"].map(async (page) => {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/${page}`).catch(() => undefined);
    return (await answer?.text()) ?? "";
  });
  return (await Promise.all(pages)).join("\n");
}

function assertSecret(text: string): void {
  for (const secret of SECRETS) {
    for (const form of [secret, Buffer.from(secret).toString("base64").replace(/=+$/, "")]) {
      assert.ok(!text.includes(form), `a secret is shown: ${text}`);
    }
  }
}

/** Whether the program met what does not work: it says so in its log, or ends. */
const complained = (program: ImageProcess) => /"level":"(warn|error)"/.test(program.output.out);

/** Lets a program meet stores that refuse it, and looks at everything that it says until it has ended. */
async function keepsSecrets(name: string, stores: Stores): Promise<void> {
  const settings = { ...(await otherSettings(stores)), ...secretSettings(stores) };
  const program = startProgram(bundle, [name], settings);
  let over = false;
  void program.ended.then(() => (over = true));
  await eventually(() => over || complained(program), { timeoutMs: 30_000 });
  const told = await toldBy(settings.ADMIN_PORT);
  program.kill("SIGTERM");
  await program.ended;
  const { out, err } = program.output;
  assert.doesNotMatch(err, /bad configuration/, "it must get further than its settings");
  assert.ok(out !== "" || err !== "", "it must say something");
  assertSecret(`${told}\n${out}\n${err}`);
}

for (const name of [...services, ...jobs]) {
  test(`${name} shows no secret while its stores are away`, async () => {
    const away = `127.0.0.1:${await sparePort()}`;
    await keepsSecrets(name, { postgres: away, nats: away, redis: away });
  });
}

/** Has a Postgres server ask for passwords, which it lets anybody in without at first. */
async function askForPasswords(postgres: PostgresServer): Promise<void> {
  await using database = openDatabase({ url: postgres.url(), maxConnections: 1 });
  await database.query({ text: `create role "user" login superuser password 'another'` });
  const { rows } = await database.query<{ hba_file: string }>({ text: "show hba_file" });
  await writeFile(rows[0]!.hba_file, "host all all 127.0.0.1/32 scram-sha-256\n");
  await database.query({ text: "select pg_reload_conf()" });
}

test("no service and no job shows a secret when its stores refuse its passwords", async () => {
  await using stack = new AsyncDisposableStack();
  const postgres = stack.use(await startPostgres());
  const nats = stack.use(await startNats({ user: { name: "user", password: "another" } }));
  const redis = stack.use(await startRedis({ password: "another" }));
  await askForPasswords(postgres);
  const at = ({ port }: { port: number }) => `127.0.0.1:${port}`;
  const stores = { postgres: at(postgres), nats: at(nats), redis: at(redis) };
  for (const name of [...services, "databases", "register"]) await keepsSecrets(name, stores);
});

test("settings that can't be read are named, not shown", async () => {
  const secrets = secretSettings({ postgres: "h", nats: "h", redis: "h" });
  const malformed = Object.fromEntries(Object.entries(secrets).map(([key, value]) => [key, `x${value}`]));
  for (const name of names) {
    const program = startProgram(bundle, [name], malformed);
    assert.equal(await program.ended, jobs.includes(name) ? 2 : 1, name);
    assert.match(program.output.err, /bad configuration/);
    assertSecret(program.output.err + program.output.out);
  }
});
