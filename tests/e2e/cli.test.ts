import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Ended, Sandbox, type Spawned } from "./spawned-program.ts";

const cli = "libs/cli/bin/swarmpost.mjs";
let place: Sandbox;
let up: Spawned;
let seed: string;
let seedHttp: string;
let networkFile: string;
let bob: string;

const run = (...args: string[]): Promise<Ended> => place.run(cli, args);

async function json(...args: string[]) {
  const { code, out, err } = await run(...args, "--json");
  assert.equal(code, 0, err);
  const lines = out.trimEnd().split("\n");
  assert.equal(lines.length, 1, "exactly one line is printed");
  return JSON.parse(lines[0]!);
}

async function refused(code: number, why: RegExp, ...args: string[]): Promise<void> {
  const ended = await run(...args);
  assert.deepEqual([ended.code, ended.out], [code, ""], ended.err);
  assert.match(ended.err, why);
  assert.equal(ended.err.trimEnd().split("\n").length, 1, `one line says what to do: ${ended.err}`);
}

before(async () => {
  place = await Sandbox.make();
  up = place.start(cli, ["net", "up", "--nodes", "12", "--json"]);
  await up.says(/"seed"/);
  ({ seed, seedHttp, network: networkFile } = JSON.parse(up.out));
});
after(() => place?.[Symbol.asyncDispose]());

test("net up --json prints one line with the seed, and progress for people elsewhere", () => {
  assert.deepEqual(up.out.trimEnd().split("\n").length, 1);
  assert.match(seed, /^https:\/\/127\.\d+\.\d+\.\d+:\d+$/);
  assert.match(up.err, /swarm map made: 2 swarms of \d and \d nodes/);
});

test("net up names a seed that answers in the clear, and nothing but who is in the network", async () => {
  assert.match(seedHttp, /^http:\/\/127\.\d+\.\d+\.\d+:\d+$/);
  const body = JSON.stringify({ jsonrpc: "2.0", id: 0, method: "get_n_service_nodes", params: {} });
  const list = await fetch(`${seedHttp}/json_rpc`, { method: "POST", body });
  assert.equal(list.headers.get("content-type"), "application/json");
  const { result } = (await list.json()) as { result: { service_node_states: object[] } };
  assert.equal(result.service_node_states.length, 12);
  const rpc = await fetch(`${seedHttp}/storage_rpc/v1`, { method: "POST", body: `{"method":"info","params":{}}` });
  assert.equal(rpc.status, 404);
});

test("id new keeps an account that id show finds again", async () => {
  const made = await json("id", "new", "--name", "bob");
  bob = made.id;
  assert.match(bob, /^05[0-9a-f]{64}$/);
  assert.equal(made.phrase.split(" ").length, 13);
  assert.equal((await json("id", "show", "--name", "bob")).id, bob);
  await json("id", "new", "--name", "alice");
});

test("a text is sent as an argument, from standard input and from a file, and all are read", async () => {
  const file = join(place.folder, "text");
  await writeFile(file, "from a file\nin two lines 🐝");
  const sent = await json("send", bob, "as an argument", "--name", "alice");
  assert.equal(sent.copies, sent.members);
  assert.equal(new Set(sent.hops).size, 3);
  const piped = await place.run(cli, ["send", bob, "-", "--name", "alice", "--seed", seed], "from standard input ✓");
  assert.deepEqual([piped.code, piped.err], [0, ""]);
  assert.match(piped.out, /^stored by \d of \d members .*\npath \w+ → \w+ → \w+\n$/);
  await json("send", bob, "--file", file, "--name", "alice", "--network", networkFile);
  const page = await json("read", "--name", "bob");
  const texts = page.messages.map((message: { text: string }) => message.text).sort();
  assert.deepEqual(texts, ["as an argument", "from a file\nin two lines 🐝", "from standard input ✓"]);
  const shown = await run("read", "--name", "bob");
  assert.match(shown.out, /as an argument/);
  assert.deepEqual((await json("read", "--name", "alice")).messages, []);
});

test("nodes, swarm and path show the network", async () => {
  const { nodes, swarms } = await json("nodes");
  assert.deepEqual([nodes.length, swarms], [12, 2]);
  const { swarm, members } = await json("swarm", bob);
  assert.ok(members.length >= 5 && members.every((member: { swarm: string }) => member.swarm === swarm));
  const { hops } = await json("path");
  assert.equal(new Set(hops.map((hop: { pubkey: string }) => hop.pubkey)).size, 3);
  assert.match((await run("nodes", "--seed", seed)).out, /12 nodes in 2 swarms, by 1 seeds\n$/);
});

test("wrong use is one line and an exit code that says whose fault it is", async () => {
  await refused(2, /66 hex digits/, "send", "05ab", "hi", "--name", "alice");
  await refused(2, /hex/, "swarm", "zz".repeat(33));
  await refused(2, /word 1 .*"qwxyz"/, "id", "restore", ...Array.from({ length: 13 }, () => "qwxyz"));
  await refused(2, /no identity "carol"/, "read", "--name", "carol");
  await refused(3, /can't be reached/, "nodes", "--seed", "https://127.0.0.1:9");
  await refused(3, /another key|signed by/, "nodes", "--seed", seed, "--seed-key", "ab".repeat(32));
  await refused(2, /unknown option/, "net", "up", "--nodse", "12");
});

test("an interrupted read --follow prints what came and ends well", async () => {
  const following = place.start(cli, ["read", "--follow", "--json", "--name", "bob"]);
  await following.says(/from standard input/);
  following.interrupt();
  const { code, out, err } = await following.ended;
  assert.deepEqual([code, err], [0, ""]);
  assert.equal(out.trimEnd().split("\n").length, 3);
});

test("a group is made, joined and read, and who is removed from it is told so", async () => {
  const { id } = await json("group", "new", "Hikers", "--name", "alice");
  await json("group", "invite", "Hikers", bob, "--name", "alice");
  const { joined } = await json("group", "join", "--name", "bob");
  assert.deepEqual(
    joined.map((group: { id: string; name: string }) => [group.id, group.name]),
    [[id, "Hikers"]],
  );
  await json("group", "send", id, "up the hill", "--name", "alice");
  const reading = place.start(cli, ["group", "read", "Hikers", "--follow", "--json", "--name", "bob"]);
  await reading.says(/up the hill/);
  await json("group", "send", id, "and down again", "--name", "alice");
  await reading.says(/and down again/);
  await json("group", "remove", "Hikers", bob, "--name", "alice");
  const { code, err } = await reading.ended;
  assert.equal(code, 4);
  assert.match(err, /an admin has removed this account from the group/);
  await refused(4, /an admin has removed this account/, "group", "send", "Hikers", "x", "--name", "bob");
});

test("Ctrl-C ends net up with exit code 0 and leaves no process and no data", async () => {
  assert.ok((await place.leftProcesses()).length > 1 && (await place.leftFolders()).length > 0);
  up.interrupt();
  const { code, err } = await up.ended;
  assert.equal(code, 0, err);
  await place.clean();
  await refused(2, /which network.*swarmpost net up/, "nodes");
});

test("Ctrl-C while the network starts ends it with 130 and leaves nothing either", async () => {
  const early = place.start(cli, ["net", "up", "--nodes", "12"]);
  await early.says(/data stores up/);
  early.interrupt();
  const { code, err } = await early.ended;
  assert.equal(code, 130, err);
  assert.match(err, /swarmpost: interrupted\n$/);
  assert.doesNotMatch(err, /nodes registered/, "the start does not go on");
  await place.clean();
});
