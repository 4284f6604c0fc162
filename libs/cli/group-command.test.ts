import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { TestNetwork } from "@swarmpost/client/testing";
import { createGroup } from "@swarmpost/client";
import { runCommandLine } from "./command-line.ts";

let home: string;
let network: TestNetwork;
let alice: string;
let bob: string;

before(async () => {
  home = await mkdtemp(join(tmpdir(), "swarmpost-cli-"));
  network = await TestNetwork.start(12);
  const seeds = network.nodes.slice(0, 3).map((node) => ({ url: node.url, pubkey: node.keys.pubkey }));
  await writeFile(join(home, "network.json"), JSON.stringify({ name: "t", seeds, diversity: false }));
  [alice, bob] = [(await as("alice", "id", "new")).id, (await as("bob", "id", "new")).id];
});
after(async () => {
  await network[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

/** Runs a command; its exit code and lines. */
async function run(...args: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
  const [out, err]: [string[], string[]] = [[], []];
  const env = { HOME: home, XDG_DATA_HOME: join(home, "data"), XDG_STATE_HOME: join(home, "state") };
  const terminal = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    readInput: async () => "from the input",
    askSecret: undefined,
    env,
  };
  const context = { terminal, signal: new AbortController().signal, stopped: new Promise<void>(() => undefined) };
  const code = await runCommandLine([...args, "--network", join(home, "network.json")], context);
  return { code, out, err };
}

/** Runs a command as someone; what it prints with `--json`. */
async function as(name: string, ...args: string[]) {
  const ran = await run(...args, "--name", name, "--json");
  assert.equal(ran.code, 0, ran.err.join());
  return JSON.parse(ran.out.join(""));
}

test("a group is made, joined, written to, read, and left, each by one command", async () => {
  const { id } = await as("alice", "group", "new", "Hikers");
  assert.deepEqual((await as("alice", "group", "invite", "Hikers", bob)).members, [{ id: bob, sent: true }]);
  const told = await run("read", "--name", "bob");
  assert.match(told.err.join(), /invitations to groups; see: swarmpost group join/);
  const { joined } = await as("bob", "group", "join");
  assert.deepEqual(joined, [{ id, name: "Hikers", kind: "invitation", from: alice }]);
  assert.deepEqual((await as("bob", "group", "join")).joined, [], "once is enough");
  await as("alice", "group", "send", id, "up the hill");
  await as("bob", "group", "send", "Hikers", "-");
  const page = await as("alice", "group", "read", "Hikers");
  assert.deepEqual(
    page.messages.map(({ text }: { text: string }) => text),
    ["up the hill", "from the input"],
  );
  const shown = await run("group", "read", "Hikers", "--name", "bob");
  assert.match(shown.out.join("\n"), /\[joined\]/);
  assert.match(shown.out.join("\n"), new RegExp(`^\\d{4}-\\S+Z {2}${alice}\n {2}up the hill`, "m"));
  const { members, name } = await as("bob", "group", "members", "Hikers");
  assert.deepEqual(
    [name, members.map((each: { state: string }) => each.state).toSorted()],
    ["Hikers", ["admin", "member"]],
  );

  await as("alice", "group", "promote", "Hikers", bob);
  assert.deepEqual((await as("bob", "group", "join")).joined[0].kind, "promotion");
  assert.deepEqual((await as("bob", "group", "list")).groups, [{ id, name: "Hikers", admin: true }]);
  await as("bob", "group", "leave", "Hikers");
  assert.deepEqual((await as("bob", "group", "list")).groups, []);
  assert.deepEqual((await as("bob", "group", "join")).joined, [], "the old invitation does not lead back");
});

test("groups are kept in a file that only the account opens, and what can't be done is said in one line", async () => {
  await as("alice", "group", "new", "Walkers");
  const folder = join(home, "data/swarmpost/groups");
  for (const file of await readdir(folder)) {
    const text = await readFile(join(folder, file), "utf8");
    assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600);
    assert.ok(!text.includes("Walkers") && !Buffer.from(text, "base64").includes("Walkers"));
  }
  for (const [args, code, why] of [
    [["send", "Nobody", "x"], 2, /no such group is known; see: swarmpost group list/],
    [["remove", "Walkers", alice], 2, /an admin can't be removed/],
    [["leave", "Walkers"], 2, /no other admin: promote somebody first/],
    [["new", " "], 2, /give it a name/],
    [["new", "n".repeat(101)], 2, /the name is 101 bytes long, and 100 are allowed/],
    [["promote", "Walkers", bob], 2, /invite it first/],
    [["invite", "Walkers", "05ab"], 2, /an account ID is 66 hex digits/],
  ] as const) {
    const ran = await run("group", ...args, "--name", "alice");
    assert.deepEqual([ran.code, ran.out], [code, []]);
    assert.match(ran.err.join(), why);
  }
  await as("alice", "group", "new", "Walkers");
  assert.match((await run("group", "read", "Walkers", "--name", "alice")).err.join(), /two groups have that name/);
});

test("an invitation that leads nowhere keeps no other from being accepted, and its name forges no line", async () => {
  const { id: nowhere } = await as("alice", "group", "new", "Nowhere");
  const name = `Real\n${createGroup().id}  Forged (admin)`;
  const { id } = await as("alice", "group", "new", name);
  await as("alice", "group", "invite", nowhere, bob);
  await as("alice", "group", "invite", id, bob);
  for (const node of network.nodes) {
    node.script = (method, { pubkey, namespace }) =>
      method === "retrieve" && pubkey === nowhere && namespace === 12
        ? [200, { messages: [], more: false, t: Date.now() }]
        : undefined;
  }
  const ran = await run("group", "join", "--name", "bob");
  assert.equal(ran.code, 0, ran.err.join());
  assert.match(ran.err.join(), new RegExp(`warning: ${nowhere} was not joined: nobody has given`));
  assert.deepEqual([ran.out.length, ran.out.join().includes("\n")], [1, false]);
  const listed = await run("group", "list", "--name", "bob");
  assert.ok(listed.out.some((line) => line.startsWith(id) && !line.includes("\n")));
  for (const node of network.nodes) node.script = undefined;
  assert.deepEqual((await as("bob", "group", "join")).joined[0].id, nowhere, "it may lead somewhere later");
});

test("a group that is named like another one's ID does not stand in its way", async () => {
  const { id } = await as("alice", "group", "new", "Named");
  await as("alice", "group", "new", id);
  assert.equal((await as("alice", "group", "members", id)).name, "Named");
});

test("who was removed forgets the group by leaving it", async () => {
  const { id } = await as("alice", "group", "new", "Left");
  await as("alice", "group", "invite", id, bob);
  await as("bob", "group", "join");
  await as("alice", "group", "remove", id, bob);
  for (const node of network.nodes) {
    node.script = (method, { pubkey, namespace }) =>
      pubkey === id && namespace !== -11 && (method === "retrieve" || method === "store")
        ? [401, "retrieve: subaccount revoked"]
        : undefined;
  }
  const ran = await run("group", "read", id, "--name", "bob");
  assert.deepEqual([ran.code, ran.out], [4, []]);
  assert.match(ran.err.join(), /an admin has removed this account/);
  assert.deepEqual(await as("bob", "group", "leave", id), { left: id });
  for (const node of network.nodes) node.script = undefined;
  assert.ok(!(await as("bob", "group", "list")).groups.some((each: { id: string }) => each.id === id));
});
