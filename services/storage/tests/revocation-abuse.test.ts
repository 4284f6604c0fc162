import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { generateSeed, pubkeyBytes, signingKeyPairFromSeed } from "@swarmpost/crypto";
import { accountBytes, accountId } from "@swarmpost/storage-rpc";
import { ByteWriter } from "../byte-writer.ts";
import { writeList } from "../handoff-codec.ts";
import type { RevocationRecord } from "../record.ts";
import { encodeRecord } from "../record-codec.ts";
import { KIND, REFUSAL } from "../replica-kinds.ts";
import { decodeRevocationRequest, revocationChange } from "../revocation-request.ts";
import { askAs, frameTo, refusedWith } from "../testing/peer-requests.ts";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

let swarm: TestSwarm;
let victim: TestNode;
/** Keys of a member and of a registered node of no swarm; both send what an honest storage would not. */
let member: TestNode;
let stranger: TestNode;
before(async () => {
  swarm = await TestSwarm.start(3);
  [victim, member] = swarm.nodes as [TestNode, TestNode];
  stranger = await swarm.add();
});
after(() => swarm[Symbol.asyncDispose]());

const send = (from: TestNode, kind: number, payload: Uint8Array) => askAs(from, victim, kind, payload);

/** A record of `revoke` or `unrevoke`, signed by `signer`. */
function record(
  from: TestNode,
  account: TestAccount,
  more: { method?: "revoke" | "unrevoke"; signer?: Buffer; signedMs?: number; stampMs?: number } = {},
): RevocationRecord {
  const { method = "revoke", signedMs = Date.now(), stampMs = Date.now(), signer = account.keys.secretKey } = more;
  const params = account.revocation(method, [account.token()], { timestamp: signedMs, signer });
  const request = Buffer.from(JSON.stringify({ method: `${method}_subaccount`, params }));
  const owner = accountBytes(accountId(account.id));
  const change = revocationChange(decodeRevocationRequest(request, owner));
  const stamp = { ms: stampMs, node: pubkeyBytes(from.pubkey) };
  return { kind: "revocation", account: owner, stamp, request, ...change };
}

function handOver(records: readonly RevocationRecord[]): Buffer {
  const writer = new ByteWriter().u64(victim.view.current.map.height);
  writeList(writer, records, (target, each) => target.bytes(encodeRecord(each)));
  return writer.finish();
}

const isRevoked = (account: TestAccount) => {
  const { revocations } = victim.service.node.data;
  return revocations.isRevoked({ account: accountBytes(accountId(account.id)), token: account.token() });
};

test("a member brings revocations that the account signed, at their time, and no others", async () => {
  const account = new TestAccount();
  const stolen = signingKeyPairFromSeed(generateSeed()).secretKey;
  const now = Date.now();
  for (const bad of [
    record(member, account, { signer: stolen }),
    record(member, account, { signedMs: now - 131_000 }),
    record(victim, account),
  ]) {
    await assert.rejects(send(member, KIND.replicate, frameTo(victim, bad)), refusedWith(REFUSAL.invalid));
  }
  assert.equal(await isRevoked(account), false);
  await send(member, KIND.replicate, frameTo(victim, record(member, account)));
  assert.equal(await isRevoked(account), true);
});

test("what was revoked long ago is not put in force by an old request with a new stamp", async () => {
  const account = new TestAccount();
  const now = Date.now();
  await send(member, KIND.replicate, frameTo(victim, record(member, account)));
  const old = record(member, account, { method: "unrevoke", signedMs: now - 600_000, stampMs: Date.now() + 1 });
  await assert.rejects(send(member, KIND.replicate, frameTo(victim, old)), refusedWith(REFUSAL.invalid));
  const refused = await send(member, KIND.handRevocations, handOver([old]));
  assert.deepEqual([...refused], [3]);
  const earlier = record(member, account, { method: "unrevoke", signedMs: now - 600_000, stampMs: now - 600_000 });
  await send(member, KIND.handRevocations, handOver([earlier]));
  assert.equal(await isRevoked(account), true);
});

test("a node of no swarm neither reads nor hands over revocations", async () => {
  const account = new TestAccount();
  const height = victim.view.current.map.height;
  const all = new ByteWriter().u64(height).u8(0).u8(0).finish();
  const one = new ByteWriter()
    .u64(height)
    .u8(1)
    .bytes(accountBytes(accountId(account.id)))
    .u8(0)
    .finish();
  for (const ask of [all, one])
    await assert.rejects(send(stranger, KIND.pullRevocations, ask), refusedWith(REFUSAL.stranger));
  const given = handOver([record(stranger, account)]);
  await assert.rejects(send(stranger, KIND.handRevocations, given), refusedWith(REFUSAL.stranger));
  assert.equal(await isRevoked(account), false);
});
