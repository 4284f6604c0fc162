import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parseNetwork, SwarmpostClient } from "@swarmpost/client";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { sparePort, type TemporaryFolder, temporaryFolder } from "@swarmpost/testkit";
import { type Bundle, makeBundle, startProgram } from "./image-process.ts";

let bundle: Bundle;
let folder: TemporaryFolder;
let net: Network;
before(async () => {
  [bundle, folder] = await Promise.all([makeBundle(), temporaryFolder()]);
  net = await startNetwork({ nodes: 8 });
});
after(async () => {
  await net?.stop();
  await bundle?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** The settings that the chart gives these jobs, for the network's own seeds. */
async function settings(): Promise<Record<string, string>> {
  const keys = join(folder.path, "keys");
  await mkdir(keys, { recursive: true });
  const seeds = net.networkFile.seeds.map(({ url, pubkey }, index) => ({ pod: `net-node-${index}`, url, pubkey }));
  for (const { pod, pubkey } of seeds) await writeFile(join(keys, pod), `${pubkey}`);
  return { SEEDS: seeds.map(({ pod, url }) => `${pod}=${url}`).join(","), NODE_KEYS_DIR: keys, NETWORK_NAME: "office" };
}

test("message-test sends a message over three hops and reads it", async () => {
  const job = startProgram(bundle, ["message-test"], await settings());
  assert.equal(await job.ended, 0, job.output.err);
  assert.match(job.output.out, /^8 nodes are in the network$/m);
  assert.match(job.output.out, /^sent over three hops in \d+ ms/m);
  assert.match(job.output.out, /^read in \d+ ms: the message arrived$/m);
});

test("message-test fails in time, with the reason, when there is no network", async () => {
  const away = { ...(await settings()), SEEDS: `net-node-0=https://127.0.0.1:${await sparePort()}` };
  const job = startProgram(bundle, ["message-test"], { ...away, MESSAGE_TIMEOUT_MS: "3000" });
  assert.equal(await job.ended, 1);
  assert.match(job.output.err, /^message-test: failed: no message came through within 3000 ms: .+\n$/);
});

test("network-file prints what a client can be given", async () => {
  const chain = { CHAIN_ID: "31337", CHAIN_CONTRACT: `0x${"1".repeat(40)}` };
  const job = startProgram(bundle, ["network-file"], { ...(await settings()), ...chain });
  assert.equal(await job.ended, 0, job.output.err);
  const file = parseNetwork(JSON.parse(job.output.out));
  assert.equal(file.name, "office");
  assert.deepEqual(file.chain, { id: 31_337, contract: chain.CHAIN_CONTRACT });
  assert.deepEqual(
    file.seeds.map(({ pubkey }) => pubkey),
    net.networkFile.seeds.map(({ pubkey }) => pubkey),
  );
  await using client = await SwarmpostClient.connect(file);
  assert.equal(client.nodes().length, 8);
});
