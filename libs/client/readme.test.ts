import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { blake2b, randomBytes, xchachaSeal } from "@swarmpost/crypto";
import * as library from "./index.ts";
import { alice, bob, connect, network as nodes } from "./test-client.ts";
import { fileServer, startOnionServer } from "./test-onion-server.ts";

/** Registers one name with all nodes. */
function register(name: string, id: string): void {
  const nonce = randomBytes(24);
  const key = blake2b(32, Buffer.from(name), library.nameHash(name));
  const value = xchachaSeal(key, nonce, Buffer.from(id, "hex")).toString("hex");
  const result = { encrypted_value: value, nonce: nonce.toString("hex") };
  for (const node of nodes.nodes)
    node.script = (method) => (method === "oxend_request" ? [200, { result }] : undefined);
}

const readme = readFileSync(new URL("./README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? "");

/** Runs an example with these names in scope. */
async function run(code: string, scope: Record<string, unknown>): Promise<void> {
  const names = { ...library, ...scope };
  const AsyncFunction = Object.getPrototypeOf(run).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction(...Object.keys(names), `{ ${code} }`)(...Object.values(names));
}

test("every example of the README runs as it stands, and has at most three statements", async () => {
  const place = startOnionServer(nodes, "files.example", fileServer(new Map()));
  const { pubkey } = startOnionServer(nodes, "open.example", () => ({ body: Buffer.from("[]") }));
  await using client = await connect({}, { fileServer: place });
  const seeds = nodes.nodes.slice(0, 3).map((each) => `${each.keys.pubkey}@${each.url}`);
  register("bob", bob.id);
  const printed: string[] = [];
  /** What an example prints; it is left when it has printed a line that begins so. */
  const printing = (lines: string[], last: string) => {
    const stop = new AbortController();
    const log = (...words: unknown[]): void => {
      lines.push(words.join(" "));
      if (words[0] === last) stop.abort();
    };
    return { signal: stop.signal, console: { log } };
  };
  const data = Buffer.from("a photo");
  const { group: admin } = await client.createGroup(alice, { name: "Hikers" });
  const { group: friends } = await client.createGroup(bob);
  await friends.send("hi all");
  const names = { client, alice, bob, admin, groups: [friends], pubkey, data };
  const loadNetworkFile = async () => ({ ...library.networkFromSeeds(seeds), fileServer: place });
  assert.equal(examples.length, 12);
  const followed: string[] = [];
  for (const code of examples) {
    assert.ok(code.trim().split("\n").length <= 3, code);
    const all = code.includes("followAll");
    const output = all ? printing(followed, "in the group") : printing(printed, alice.id);
    await run(code, { ...names, ...output, loadNetworkFile });
  }
  const group = ["hello, everyone", " admin"];
  const expected = ["12 nodes", "6 hello", `${alice.id} hello`, "6 members deleted it", ...group];
  assert.deepEqual(printed, expected);
  assert.ok(followed.includes("in the group hi all"), followed.join());
});
