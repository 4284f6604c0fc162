import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBase64 } from "@swarmpost/encoding";
import { generateSeed, nodeKeysFromSeed, sign } from "@swarmpost/crypto";
import { messageHash, namespace, nodeSignedExpire } from "@swarmpost/storage-rpc";
import { createAccount } from "./account.ts";
import { extendMessages } from "./change-messages.ts";
import { ownCredentials } from "./credentials.ts";
import type { ServiceNode } from "./service-node.ts";
import type { SwarmQuestion, SwarmRequests } from "./swarm-requests.ts";

const account = createAccount();
const NOW = 1_700_000_000_000;
const hash = messageHash(account.id, namespace(0), Buffer.from("kept"));
const keys = nodeKeysFromSeed(generateSeed());
const member: ServiceNode = {
  pubkey: keys.pubkey,
  x25519: keys.x25519.publicKey,
  ip: "203.0.113.1",
  httpsPort: 1,
  swarmId: 1n,
};

/** What comes of an extension when the one member's entry is this. */
async function verdictOf(entry: object): Promise<string> {
  const ask = async (question: SwarmQuestion<unknown>) => {
    const json = { swarm: { [member.pubkey]: entry } };
    const verdict = question.judge({ status: 200, text: "", json }, { id: "1", members: [member], size: 1 } as never);
    if ("again" in verdict) throw new Error(verdict.again);
    return { result: verdict.result };
  };
  const changed = { hashes: [hash], expiryMs: NOW };
  const swarm = { ask } as unknown as SwarmRequests;
  return await extendMessages(ownCredentials(account), changed, swarm).then(
    () => "done",
    (error: Error) => error.message,
  );
}

function signedEntry(
  unchanged: ReadonlyMap<typeof hash, number>,
  updated: (typeof hash)[],
  expiry: number = NOW,
): object {
  const text = nodeSignedExpire(account.id, [expiry], [hash], updated, new Map(unchanged));
  const signature = encodeBase64(sign(Buffer.from(text, "latin1"), keys.ed25519.secretKey));
  return { expiry, updated, unchanged: Object.fromEntries(unchanged), signature };
}

test("an extension counts when its member signed it, for what was extended and what stays longer", async () => {
  assert.equal(await verdictOf(signedEntry(new Map(), [hash])), "done");
  assert.equal(await verdictOf(signedEntry(new Map([[hash, NOW + 1]]), [])), "done");
  assert.match(await verdictOf({ ...signedEntry(new Map(), [hash]), expiry: NOW + 1 }), /only 0 of 1/);
});

test("what a member signed of an extension half a day ago is no word on this one", async () => {
  assert.equal(await verdictOf(signedEntry(new Map(), [hash], NOW - 60_000)), "done");
  assert.match(await verdictOf(signedEntry(new Map(), [hash], NOW - 12 * 3_600_000)), /only 0 of 1/);
});

test("what an entry calls unchanged may be anything, however long, and is then no member's word", async () => {
  const entry = signedEntry(new Map(), [hash]);
  const odd = ["a".repeat(18_000_000), ["a"], 7, { odd: NOW }, { [hash]: "soon" }, { [hash]: { deep: [] } }];
  for (const unchanged of odd) assert.match(await verdictOf({ ...entry, unchanged }), /only 0 of 1/);
});
