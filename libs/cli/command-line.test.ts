import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { TestNetwork } from "@swarmpost/client/testing";
import { fileServer, startOnionServer } from "@swarmpost/client/testing/onion-server";
import { runCommandLine } from "./command-line.ts";
import { InterruptedError } from "./stop-signal.ts";

const PHRASE = "amaze buffet cake entrance symptoms tiger lamb maze nestle python dusted faxed faxed";
const ID = "05ca03b8e369aeeb69fd260c2957d37b232db17a60db7a39bca9f0c0a6be135c1a";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "swarmpost-cli-"));
});
afterEach(async () => {
  await rm(home, { recursive: true });
});

interface Ran {
  readonly code: number;
  readonly out: string[];
  readonly err: string[];
}

interface Typed {
  readonly input?: string;
  readonly secrets?: string[];
  /** Ends the command when it has printed this many lines. */
  readonly stopAfter?: number;
}

async function run(args: readonly string[], typed: Typed = {}): Promise<Ran> {
  const stop = new AbortController();
  const out: string[] = [];
  const err: string[] = [];
  const { input = "", secrets } = typed;
  const askSecret = secrets && (() => Promise.resolve(secrets.shift() ?? ""));
  const code = await runCommandLine(args, {
    terminal: {
      out: (line) => {
        if (out.push(line) === typed.stopAfter) stop.abort(new InterruptedError());
      },
      err: (line) => err.push(line),
      readInput: () => Promise.resolve(input),
      askSecret,
      env: { HOME: home, XDG_DATA_HOME: join(home, "data"), XDG_STATE_HOME: join(home, "state") },
    },
    signal: stop.signal,
    stopped: new Promise(() => undefined),
  });
  return { code, out, err };
}

function identityFile(name = "default"): string {
  return join(home, "data/swarmpost/identities", `${name}.json`);
}

async function assertRefused(args: readonly string[], code: number, why: RegExp): Promise<void> {
  const ran = await run(args);
  assert.deepEqual([ran.code, ran.out, ran.err.length], [code, [], 1], `${args.join(" ")}: ${ran.err.join("|")}`);
  assert.match(ran.err[0] ?? "", why);
  assert.doesNotMatch(ran.err[0] ?? "", /\n/);
}

test("a new identity shows its phrase once, is readable by its owner alone, and is found again", async () => {
  const made = await run(["id", "new", "--json"]);
  const { id, phrase, name } = JSON.parse(made.out.join(""));
  assert.equal(name, "default");
  assert.equal(phrase.split(" ").length, 13);
  assert.equal((await stat(identityFile())).mode & 0o777, 0o600);
  const shown = await run(["id", "show"]);
  assert.equal(shown.out.join(), `account ID       ${id}`);
  const asked = await run(["id", "show", "--phrase", "--json"]);
  assert.deepEqual(JSON.parse(asked.out.join("")), { name: "default", id, phrase });
});

test("a phrase restores its account from arguments, standard input, a file or a prompt", async () => {
  const file = join(home, "phrase");
  await writeFile(file, `${PHRASE.toUpperCase()}\n`);
  const ways: [args: string[], typed: { input?: string; secrets?: string[] }][] = [
    [["--name", "a", ...PHRASE.split(" ")], {}],
    [["--name", "b"], { input: `${PHRASE}\n` }],
    [["--name", "c", "--phrase-file", file], {}],
    [["--name", "d"], { secrets: [PHRASE] }],
  ];
  for (const [args, typed] of ways) {
    const ran = await run(["id", "restore", ...args], typed);
    assert.deepEqual([ran.code, ran.out], [0, [`account ID  ${ID}`]]);
  }
});

test("a wrong phrase is refused with the wrong word", async () => {
  const mistyped = PHRASE.replace("tiger", "tyger").split(" ");
  await assertRefused(["id", "restore", ...mistyped], 2, /word 6 .*"tyger"/);
  await assertRefused(["id", "restore", ...PHRASE.split(" ").slice(1)], 2, /checksum, is missing/);
  await assertRefused(["id", "restore"], 2, /13 words/);
});

test("an encrypted identity opens with its passphrase only and tells nothing on the disk", async () => {
  const file = join(home, "pass");
  await writeFile(file, "correct horse\nignored");
  const { code, out } = await run(["id", "restore", "--passphrase-file", file, ...PHRASE.split(" ")]);
  assert.deepEqual([code, out], [0, [`account ID  ${ID}`]]);
  const onDisk = await readFile(identityFile(), "utf8");
  assert.ok(!onDisk.includes("000102030405") && !onDisk.includes(ID));
  assert.equal((await run(["id", "show", "--passphrase-file", file])).code, 0);
  assert.equal((await run(["id", "show"], { secrets: ["correct horse"] })).code, 0);
  const wrong = await run(["id", "show"], { secrets: ["wrong"] });
  assert.deepEqual([wrong.code, wrong.out], [2, []]);
  assert.match(wrong.err.join(), /not the passphrase/);
  await assertRefused(["id", "show"], 2, /--passphrase-file/);
});

test("--encrypt asks for the passphrase twice", async () => {
  const made = await run(["id", "new", "--encrypt"], { secrets: ["one", "one"] });
  assert.equal(made.code, 0);
  assert.equal((await run(["id", "show"], { secrets: ["one"] })).code, 0);
  const differ = await run(["id", "new", "--name", "x", "--encrypt"], { secrets: ["one", "two"] });
  assert.match(differ.err.join(), /differ/);
  await assertRefused(["id", "new", "--name", "y", "--encrypt"], 2, /--passphrase-file/);
  assert.deepEqual(await readdir(join(home, "data/swarmpost/identities")), ["default.json"]);
});

test("an identity is never replaced, and a name is a plain name", async () => {
  await run(["id", "new"]);
  const before = await readFile(identityFile(), "utf8");
  await assertRefused(["id", "new"], 2, /already.*--name/);
  assert.equal(await readFile(identityFile(), "utf8"), before);
  await assertRefused(["id", "new", "--name", "../../x"], 2, /name is letters/);
  await writeFile(identityFile("broken"), "{}");
  await assertRefused(["id", "show", "--name", "broken"], 2, /damaged/);
});

test("wrong use is one line that says what to do, with exit code 2", async () => {
  await assertRefused([], 2, /which command/);
  await assertRefused(["nodse"], 2, /unknown command.*nodes.*--help/);
  await assertRefused(["nodes", "--wrong"], 2, /unknown option.*--help/);
  await assertRefused(["send"], 2, /missing required argument/);
  await assertRefused(["send", "05ab", "hi"], 2, /66 hex digits, this is 4 digits long/);
  await assertRefused(["swarm", "05ab"], 2, /66 hex digits, this is 4 digits long/);
  await assertRefused(["send", ID], 2, /what to send/);
  await assertRefused(["send", ID, "hi", "--file", "x"], 2, /not both/);
  await assertRefused(["send", ID, "--file", join(home, "none")], 2, /can't be read/);
  await assertRefused(["send", ID, "-"], 2, /message is empty/);
  await assertRefused(["send", ID, "hi"], 2, /no identity "default".*swarmpost id new/);
  await assertRefused(["read"], 2, /swarmpost id new/);
  await assertRefused(["nodes"], 2, /--seed URL or --network FILE.*net up/);
  await assertRefused(["nodes", "--seed", "ftp://x"], 2, /https:\/\/host:port/);
  await assertRefused(["nodes", "--seed", "https://x", "--network", "y"], 2, /not both/);
  await assertRefused(["nodes", "--seed-key", "ab"], 2, /exactly one --seed/);
  await assertRefused(["nodes", "--network", join(home, "none")], 2, /can't be read/);
  await assertRefused(["net", "up", "--nodes", "many"], 2, /--nodes must be a whole number/);
  await assertRefused(["net", "up", "--clusters", "0"], 2, /--clusters/);
  await assertRefused(["net", "up", "--nats", "nats://x"], 2, /--processes/);
});

test("a file that is no text is refused before anything is sent", async () => {
  const file = join(home, "binary");
  await writeFile(file, Buffer.from([0xff, 0xfe, 0]));
  await assertRefused(["send", ID, "--file", file], 2, /not UTF-8/);
});

test("a network that can't be reached or trusted is exit code 3", async () => {
  await assertRefused(["nodes", "--seed", "https://127.0.0.1:9"], 3, /0 of 1 seeds.*can't be reached/);
  await assertRefused(["path", "--seed", "https://seed.invalid"], 3, /no key.*--insecure/);
});

test("a local network that answers wrongly or not at all is told apart", async () => {
  await using network = await TestNetwork.start(5);
  const { url, keys } = network.nodes[0]!;
  await mkdir(join(home, "state/swarmpost"), { recursive: true });
  const leave = (seed: object) => {
    const left = JSON.stringify({ name: "local", seeds: [seed], diversity: false });
    return writeFile(join(home, "state/swarmpost/local-network.json"), left);
  };
  await leave({ url: "https://127.0.0.1:9", pubkey: keys.pubkey });
  await assertRefused(["nodes"], 3, /does not answer: .*can't be reached.*swarmpost net up/);
  await leave({ url, pubkey: "ab".repeat(32) });
  await assertRefused(["nodes"], 3, /does not answer: .*signed by another key.*swarmpost net up/);
});

test("a text goes out and is read by its recipient's identity alone, over remembered guards", async () => {
  await using network = await TestNetwork.start(12);
  const seeds = network.nodes.slice(0, 3).map((node) => ({ url: node.url, pubkey: node.keys.pubkey }));
  const file = join(home, "network.json");
  await writeFile(file, JSON.stringify({ name: "t", seeds, diversity: false }));
  const over = ["--network", file, "--json"];
  const json = async (...args: string[]) => JSON.parse((await run([...args, ...over])).out.join(""));

  await run(["id", "new", "--name", "alice"]);
  const bob = JSON.parse((await run(["id", "new", "--name", "bob", "--json"])).out.join("")).id;
  const sent = await json("send", bob, "over the onion", "--name", "alice");
  assert.deepEqual([sent.copies, sent.members, sent.hops.length], [6, 6, 3]);
  const page = await json("read", "--name", "bob");
  assert.deepEqual([page.messages[0].text, page.messages[0].hash], ["over the onion", sent.hash]);
  assert.deepEqual((await json("read", "--name", "alice")).messages, []);

  const [guards] = await readdir(join(home, "state/swarmpost/guards"));
  const remembered = JSON.parse(await readFile(join(home, "state/swarmpost/guards", guards ?? ""), "utf8"));
  assert.ok(remembered.includes((await json("path")).hops[0].pubkey));
  assert.equal((await json("nodes")).nodes.length, 12);
  assert.equal((await json("swarm", bob)).members.length, 6);
  const lines = await run(["nodes", "--seed", `${seeds[0]?.pubkey}@${seeds[0]?.url}`]);
  assert.match(lines.out.at(-1) ?? "", /^12 nodes in 2 swarms, by 1 seeds$/);
});

test("a file goes with a text, a copy stays, and the reader's folder gets the file once", async () => {
  await using network = await TestNetwork.start(12);
  const seeds = network.nodes.slice(0, 3).map((node) => ({ url: node.url, pubkey: node.keys.pubkey }));
  const place = startOnionServer(network, "files.example", fileServer(new Map()));
  const [file, photo, folder] = [join(home, "network.json"), join(home, "photo.jpg"), join(home, "saved")];
  await writeFile(file, JSON.stringify({ name: "t", seeds, fileServer: place, diversity: false }));
  await writeFile(photo, "a photo");
  const bob = JSON.parse((await run(["id", "new", "--name", "bob", "--json"])).out.join("")).id;
  await run(["id", "new", "--name", "alice"]);
  const over = ["--network", file];
  const sent = await run(["send", bob, "see it", "--attach", photo, "--copy", "--name", "alice", ...over]);
  assert.equal(sent.code, 0, sent.err.join());
  const own = JSON.parse((await run(["read", "--name", "alice", "--json", ...over])).out.join(""));
  assert.deepEqual([own.messages[0].sentTo, own.messages[0].attachments[0].name], [bob, "photo.jpg"]);
  assert.equal(JSON.stringify(own).includes("key"), false);
  const first = await run(["read", "--name", "bob", "--save", folder, ...over]);
  assert.match(first.out.join("\n"), /see it\n {2}\[file photo\.jpg, 7 bytes\]/);
  const [name] = await readdir(folder);
  assert.match(name ?? "", /-0-photo\.jpg$/);
  assert.equal(await readFile(join(folder, name ?? ""), "utf8"), "a photo");
  const again = await run(["read", "--name", "bob", "--save", folder, ...over]);
  assert.match(again.err.join(), /is there already/);
});

test("a list that is older than the one of the last run is refused", async () => {
  await using network = await TestNetwork.start(5);
  const seeds = network.nodes.slice(0, 3).map((node) => ({ url: node.url, pubkey: node.keys.pubkey }));
  const file = join(home, "network.json");
  await writeFile(file, JSON.stringify({ name: "t", seeds, diversity: false }));
  network.height = 7;
  assert.equal((await run(["nodes", "--network", file])).code, 0);
  network.height = 6;
  await assertRefused(["nodes", "--network", file], 3, /of block 6, and one of block 7 was seen before/);
});

test("read --follow prints a line a message and ends well when interrupted", async () => {
  await using network = await TestNetwork.start(12);
  const over = ["--seed", network.nodes[0]?.url ?? ""];
  const { id } = JSON.parse((await run(["id", "new", "--json"])).out.join(""));
  for (const text of ["one", "two"]) await run(["send", id, text, ...over]);
  const followed = await run(["read", "--follow", "--json", ...over], { stopAfter: 2 });
  assert.equal(followed.code, 0);
  assert.deepEqual(followed.out.map((line) => String(JSON.parse(line).text)).sort(), ["one", "two"]);
});

test("help names the exit codes and ends well", async () => {
  const help = await run(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.out.join("\n"), /Exit codes: 0 done/);
});
