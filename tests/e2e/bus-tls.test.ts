import assert from "node:assert/strict";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Bus, connectNats } from "@swarmpost/bus";
import { type TestAuthority, testAuthority } from "@swarmpost/rpc/test-authority.ts";
import { eventually, type NatsServer, startNats, type TemporaryFolder, temporaryFolder } from "@swarmpost/testkit";

let folder: TemporaryFolder;
let servers: [NatsServer, NatsServer];
let authority: TestAuthority;
let caFile: string;
let otherCaFile: string;
const user = { name: "swarm", password: "p@ss" };

async function file(name: string, text: string): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

async function certificateOf(by: TestAuthority, name: string) {
  const { certificate, key } = await by.issue(name);
  return { certificateFile: await file(`${name}.pem`, certificate), keyFile: await file(`${name}.key`, key) };
}

before(async () => {
  folder = await temporaryFolder();
  authority = await testAuthority();
  caFile = await file("ca.pem", (await authority.issue("localhost")).ca);
  otherCaFile = await file("other.pem", (await (await testAuthority()).issue("localhost")).ca);
  const tls = await certificateOf(authority, "localhost");
  servers = [await startNats({ user, tls }), await startNats({ user, tls })];
});
after(async () => {
  for (const server of servers ?? []) await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const at = (server: NatsServer, scheme: string): string => `${scheme}://swarm:p%40ss@localhost:${server.port}`;
const open = (url: string, ca?: string): Promise<Bus> =>
  connectNats({ url, caFile: ca, name: "e2e", firstConnectMs: 700 });

test("with the file of its authority a NATS server is spoken to over TLS", async () => {
  for (const scheme of ["tls", "nats"]) {
    await using bus = await open(at(servers[0], scheme), caFile);
    const got: string[] = [];
    await bus.subscribe("hello", (payload) => void got.push(payload.toString()));
    bus.publish("hello", Buffer.from("there"));
    await eventually(() => assert.deepEqual(got, ["there"]));
  }
});

test("a server that another authority vouches for is refused", async () => {
  for (const ca of [otherCaFile, undefined]) {
    await using bus = await open(at(servers[0], "tls"), ca);
    assert.equal(bus.connected, false);
  }
});

test("a server whose certificate is for another name is refused", async () => {
  await using impostor = await startNats({ user, tls: await certificateOf(authority, "other.example") });
  await using bus = await open(at(impostor, "tls"), caFile);
  assert.equal(bus.connected, false);
});

test("a server without TLS is refused where TLS was demanded", async () => {
  await using plain = await startNats({ user });
  for (const [scheme, ca] of [
    ["tls", undefined],
    ["tls", caFile],
    ["nats", caFile],
  ] as const) {
    await using bus = await open(at(plain, scheme), ca);
    assert.equal(bus.connected, false, `${scheme} ${ca === undefined ? "without" : "with"} an authority`);
  }
  await using bus = await open(at(plain, "nats"));
  assert.equal(bus.connected, true);
});

test("of several servers one that answers is used, and another when that one ends, whichever were there at first", async () => {
  const url = servers.map((server) => at(server, "tls")).join(",");
  await servers[0].kill();
  // The client tries them in any order, so that some of these meet the dead one first.
  await using stack = new AsyncDisposableStack();
  const buses = await Promise.all(Array.from({ length: 6 }, async () => stack.use(await open(url, caFile))));
  assert.ok(buses.every(({ connected }) => connected));
  const got: string[] = [];
  for (const bus of buses) await bus.subscribe("hello", (payload) => void got.push(payload.toString()));
  await servers[0].start();
  await servers[1].kill();
  await eventually(() => assert.ok(buses.every(({ connected }) => !connected)));
  await eventually(() => assert.ok(buses.every(({ connected }) => connected)), { timeoutMs: 30_000 });
  for (const bus of buses) await bus.flush();
  buses[0]!.publish("hello", Buffer.from("again"));
  await eventually(() =>
    assert.deepEqual(
      got,
      Array.from(buses, () => "again"),
    ),
  );
});

test("an authority's file that changed is read with the next connection", async () => {
  const changing = await file("changing.pem", "");
  await using bus = await open(at(servers[0], "tls"), changing);
  assert.equal(bus.connected, false);
  await copyFile(caFile, changing);
  await eventually(() => bus.connected);
});
