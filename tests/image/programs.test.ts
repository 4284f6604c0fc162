import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { generateSeed } from "@swarmpost/crypto";
import {
  anvilProgram,
  eventually,
  sparePort,
  startNats,
  startPostgres,
  type TemporaryFolder,
  temporaryFolder,
} from "@swarmpost/testkit";
import { type Bundle, type ImageProcess, makeBundle, startProgram } from "./image-process.ts";

const root = join(import.meta.dirname, "../..");
const services = ["relay", "storage", "swarm-coordinator", "chain-watcher", "test-suite", "file-server", "chain"];
const jobs = ["prepare", "databases", "register", "message-test", "network-file"];

let bundle: Bundle;
let folder: TemporaryFolder;
before(async () => {
  [bundle, folder] = await Promise.all([makeBundle(), temporaryFolder()]);
});
after(async () => {
  await bundle[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Waits until the program says that it is ready; fails with its output when it ends first. */
async function ready(program: ImageProcess, adminPort: number): Promise<void> {
  let over = false;
  void program.ended.then(() => (over = true));
  await eventually(
    async () => {
      if (over) return;
      const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
      assert.equal(answer.status, 200, await answer.text());
    },
    { timeoutMs: 30_000 },
  );
  assert.ok(!over, program.output.err);
}

/** Ends the program as Kubernetes does; answers how long that took, in milliseconds. */
async function stop(program: ImageProcess): Promise<number> {
  const started = performance.now();
  program.kill("SIGTERM");
  assert.equal(await program.ended, 0, program.output.err);
  return performance.now() - started;
}

for (const name of services) {
  test(`${name} without settings says in one line what it needs`, async () => {
    const program = startProgram(bundle, [name]);
    assert.equal(await program.ended, 1);
    assert.match(program.output.err, new RegExp(`^${name}: cannot start: bad configuration: [A-Z_]+ .*\\n$`));
    assert.equal(program.output.out, "");
  });
}

for (const name of jobs) {
  test(`${name} without settings says in one line what it needs`, async () => {
    const program = startProgram(bundle, [name]);
    assert.equal(await program.ended, 2);
    assert.match(program.output.err, new RegExp(`^${name}: failed: bad configuration: [A-Z_]+ .*\\n$`));
    assert.equal(program.output.out, "");
  });
}

test("a name that is none of the programs is answered with all of them", async () => {
  for (const args of [[], ["server"], ["__proto__"]]) {
    const program = startProgram(bundle, args);
    assert.equal(await program.ended, 64);
    assert.equal(
      program.output.err.trim().replace(/^.*: /, "").split(", ").toSorted().join(),
      [...services, ...jobs, "cli"].toSorted().join(),
    );
  }
});

test("the command line is in the image, with what it needs of machine code", async () => {
  const home = { HOME: folder.path, SWARMPOST_HOME: join(folder.path, "home") };
  const help = startProgram(bundle, ["cli", "--help"], home);
  assert.equal(await help.ended, 0, help.output.err);
  assert.match(help.output.out, /Usage: swarmpost/);
  const id = startProgram(bundle, ["cli", "id", "new"], home);
  assert.equal(await id.ended, 0, id.output.err);
  assert.match(id.output.out, /05[0-9a-f]{64}/);
});

test("file-server and chain-watcher start from the bundle in a few seconds, and end on SIGTERM", async () => {
  await using stack = new AsyncDisposableStack();
  const [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
  stack.use(postgres);
  stack.use(nats);
  const port = await sparePort();
  const files = startProgram(bundle, ["file-server"], {
    DATABASE_URL: await postgres.createDatabase("files"),
    ADMIN_PORT: String(port),
    HTTP_PORT: "0",
    ONION_KEY: "11".repeat(32),
    CONTENT_DIR: join(folder.path, "files"),
  });
  await ready(files, port);
  const watcherPort = await sparePort();
  const chainPort = await sparePort();
  const chainAdmin = await sparePort();
  const chain = startProgram(bundle, ["chain"], {
    ANVIL: anvilProgram(),
    CHAIN_PORT: String(chainPort),
    CHAIN_STATE_DIR: folder.path,
    ADMIN_PORT: String(chainAdmin),
  });
  await ready(chain, chainAdmin);
  const watcher = startProgram(bundle, ["chain-watcher"], {
    DATABASE_URL: await postgres.createDatabase("watcher"),
    BUS_URL: nats.url,
    CHAIN_RPC_URLS: `http://127.0.0.1:${chainPort}`,
    CHAIN_CONTRACT: "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512",
    ADMIN_PORT: String(watcherPort),
  });
  await ready(watcher, watcherPort);
  for (const program of [files, watcher, chain]) assert.ok((await stop(program)) < 10_000);
});

test("storage loads its machine code, and ends on SIGTERM while its database is away", async () => {
  const settings = { NODE_SEED: generateSeed().toString("hex"), ADMIN_PORT: "0", HOST: "127.0.0.1" };
  const url = `postgres://a:b@127.0.0.1:${await sparePort()}/c`;
  const storage = startProgram(bundle, ["storage"], { ...settings, DATABASE_URL: url, LOCAL_PORT: "0" });
  await eventually(() => assert.match(storage.output.out, /"event":"database_\w+"/), { timeoutMs: 15_000 });
  assert.ok((await stop(storage)) < 10_000);
});

test("nothing in the bundle names the place where it was made, or needs a package that is not there", () => {
  const files = readdirSync(bundle.path, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".mjs"));
  assert.ok(files.includes("main.mjs") && files.length > 10);
  const builtin =
    /^node:|^(assert|buffer|child_process|crypto|dns|events|fs|http|http2|https|net|os|path|process|querystring|stream|string_decoder|tls|tty|url|util|worker_threads|zlib|async_hooks|console|diagnostics_channel|perf_hooks|timers|v8|module|readline|vm)(\/|$)/;
  const needed = new Set<string>();
  for (const file of files) {
    const text = readFileSync(join(bundle.path, file), "utf8");
    assert.ok(!text.includes(root), `${file} names the source tree`);
    for (const [, name] of text.matchAll(/^(?:import|export)\b[^;"']*?from "([^"]+)";/gm)) needed.add(name!);
  }
  const packages = [...needed].filter((name) => !name.startsWith("./") && !builtin.test(name));
  assert.deepEqual(packages.toSorted(), ["sodium-native"]);
  const installed = readdirSync(join(bundle.path, "node_modules"));
  assert.ok(installed.includes("sodium-native"));
  assert.deepEqual(
    installed.filter((name) => /typescript|biome|oxlint|esbuild|solc|fast-check|testkit|embedded/.test(name)),
    [],
  );
});
