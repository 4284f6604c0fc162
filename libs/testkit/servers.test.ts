import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openDatabase } from "@swarmpost/postgres";
import { eventually, startNats, startPostgres, startRedis, temporaryFolder } from "./index.ts";
import { systemProgram } from "./system-program.ts";

const index = fileURLToPath(new URL("./index.ts", import.meta.url));
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** Whether something listens on a port of loopback. */
async function listens(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A process is gone, or only waits for its parent to take notice. */
async function gone(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return status === undefined || status.slice(status.lastIndexOf(")") + 2).startsWith("Z");
}

test("Postgres keeps its data over stop, crash and start, on the same port", async () => {
  await using server = await startPostgres({ maxConnections: 20 });
  await using database = openDatabase({ url: await server.createDatabase("kept"), maxConnections: 1 });
  await database.query({ text: "create table kept (id int)" });
  for (const end of [() => server.stop(), () => server.kill()]) {
    await database.query({ text: "insert into kept values (1)" });
    await end();
    assert.equal(server.running, false);
    assert.equal(await listens(server.port), false);
    await server.start();
  }
  const { rowCount } = await eventually(() => database.query({ text: "select * from kept" }));
  assert.equal(rowCount, 2);
  const { rows } = await database.query<{ max: string }>({ text: "select current_setting('max_connections') as max" });
  assert.deepEqual(rows, [{ max: "20" }]);
});

test("NATS and Redis can be stopped, crashed and started again on their ports", async () => {
  await using nats = await startNats();
  await using redis = await startRedis();
  assert.equal(nats.url, `nats://127.0.0.1:${nats.port}`);
  assert.equal(redis.url, `redis://127.0.0.1:${redis.port}`);
  for (const server of [nats, redis]) {
    await server.stop();
    assert.equal(await listens(server.port), false);
    await server.start();
    await server.kill();
    assert.equal(await listens(server.port), false);
    await server.start();
    assert.equal(await listens(server.port), true);
  }
});

test("a temporary folder goes when it is disposed", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder.path, "file"), "x");
  await folder[Symbol.asyncDispose]();
  assert.equal(await exists(folder.path), false);
});

test("a parent that is killed leaves neither server nor data behind", async () => {
  const source = `
    import { startNats, startPostgres, startRedis, temporaryFolder } from ${JSON.stringify(index)};
    const folder = await temporaryFolder();
    const servers = await Promise.all([startPostgres(), startNats(), startRedis()]);
    console.log(JSON.stringify({ folder: folder.path, ports: servers.map((server) => server.port) }));
    setInterval(() => {}, 1000);
  `;
  await using parent = await temporaryFolder();
  await chmod(parent.path, 0o755);
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", source], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: parent.path },
  });
  const { value: line } = await child.stdout.iterator({ destroyOnReturn: false }).next();
  assert.ok(line !== undefined, "the servers started");
  const { folder, ports } = JSON.parse(String(line)) as { folder: string; ports: number[] };
  assert.ok(folder.startsWith(parent.path));
  const servers = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8"))
    .trim()
    .split(" ")
    .map(Number);
  assert.ok(servers.length >= 6, "servers and the keepers of their folders");
  child.kill("SIGKILL");
  for (const port of ports) await eventually(async () => !(await listens(port)));
  await eventually(async () => (await readdir(parent.path)).length === 0);
  for (const pid of servers) await eventually(() => gone(pid));
});

test("a program that is missing says what to install", () => {
  assert.throws(() => systemProgram("/usr/sbin/no-such-server"), {
    code: "missing-program",
    message: /no-such-server is not installed.*apt-get install nats-server redis-server$/,
  });
});

test("a server that cannot start says why", async () => {
  await using redis = await startRedis();
  await assert.rejects(startRedis({ port: redis.port }), { code: "start-failed", message: /in use/ });
});

test("waiting for a condition ends with what was wrong last", async () => {
  let calls = 0;
  assert.equal(await eventually(() => ++calls > 3 && "there"), "there");
  await assert.rejects(
    eventually(() => assert.equal(calls, 0), { timeoutMs: 50 }),
    assert.AssertionError,
  );
  await assert.rejects(
    eventually(() => false, { timeoutMs: 50 }),
    { code: "timeout" },
  );
});
