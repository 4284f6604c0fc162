import assert from "node:assert/strict";
import { test } from "node:test";
import { blake2b, randomBytes, xchachaSeal } from "@swarmpost/crypto";
import { alice, bob, client, network } from "../test-client.ts";
import type { Scripted } from "../test-network.ts";
import { nameHash, openName } from "./name-value.ts";

interface Asked {
  readonly endpoint: string;
  readonly params: { readonly type: number; readonly name_hash: string };
}

/** What a chain keeps under a name, as nodes give it. */
function registered(name: string, id: string): { encrypted_value: string; nonce: string } {
  const nonce = randomBytes(24);
  const key = blake2b(32, Buffer.from(name), nameHash(name));
  const value = xchachaSeal(key, nonce, Buffer.from(id, "hex"));
  return { encrypted_value: value.toString("hex"), nonce: nonce.toString("hex") };
}

/** Has node `index` answer a question for a name so. */
function answers(give: (index: number, asked: Asked) => Scripted): { readonly asked: Asked[] } {
  const asked: Asked[] = [];
  for (const [index, node] of network.nodes.entries()) {
    node.script = (method, params) => {
      if (method !== "oxend_request") return undefined;
      asked.push(params as unknown as Asked);
      return give(index, params as unknown as Asked);
    };
  }
  return { asked };
}

const known = (result: object): Scripted => [200, { result, t: Date.now(), hf: [19, 3] }];

test("a name is asked of three nodes by its hash, in whatever case it is written", async () => {
  const value = registered("bob_the-builder", bob.id);
  const { asked } = answers(() => known({ ...value, status: "OK" }));
  assert.equal(await client.resolve(" Bob_The-Builder "), bob.id);
  assert.equal(asked.length, 3);
  const params = { type: 0, name_hash: nameHash("bob_the-builder").toString("base64") };
  assert.deepEqual(asked[0], { endpoint: "ons_resolve", params });
  assert.ok(
    network.wire.every((body) => !body.includes("bob_the")),
    "the name itself leaves in no form",
  );
});

test("a name that nobody has registered is told so, as where there are no names at all", async () => {
  answers(() => known({ status: "OK" }));
  await assert.rejects(client.resolve("nobody"), { code: "unknown-name" });
});

test("nodes that don't agree give no account: one lie is enough to be careful", async () => {
  const [honest, lie] = [registered("bob", bob.id), registered("bob", alice.id)];
  let count = 0;
  answers(() => known(count++ === 0 ? lie : honest));
  await assert.rejects(client.resolve("bob"), { code: "names-disagree" });
  count = 0;
  answers(() => known(count++ === 2 ? { ...honest, nonce: lie.nonce } : honest));
  await assert.rejects(client.resolve("bob"), { code: "names-disagree" });
  count = 0;
  answers(() => known(count++ === 1 ? {} : honest));
  await assert.rejects(client.resolve("bob"), { code: "names-disagree" });
});

test("nodes that fail are replaced by others, up to six", async () => {
  const value = registered("bob", bob.id);
  let count = 0;
  const odd: Scripted[] = [
    [400, "Unknown oxend error"],
    known({ encrypted_value: "zz", nonce: value.nonce }),
    [200, { t: 1 }],
  ];
  const { asked } = answers(() => odd[count++] ?? known(value));
  assert.equal(await client.resolve("bob"), bob.id);
  assert.equal(asked.length, 6);
  const refusing = answers(() => [400, "Unknown oxend error"]);
  await assert.rejects(client.resolve("bob"), { code: "not-read" });
  assert.equal(refusing.asked.length, 6);
});

test("a value that was made for another name, or is no account, is refused", async () => {
  const other = registered("alice", alice.id);
  answers(() => known(other));
  await assert.rejects(client.resolve("bob"), { code: "unknown-name" });
  const group = registered("bob", `03${"ab".repeat(32)}`);
  const sealed = { value: Buffer.from(group.encrypted_value, "hex"), nonce: Buffer.from(group.nonce, "hex") };
  assert.equal(openName("bob", sealed), undefined);
});

test("what can't be a name is refused before anyone is asked", async () => {
  const { asked } = answers(() => known({}));
  for (const name of ["", "-bob", "bob-", "bob smith", "böb", "b".repeat(65)]) {
    await assert.rejects(client.resolve(name), { code: "bad-name" });
  }
  assert.equal(asked.length, 0);
});
