import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pubkeyBytes } from "@swarmpost/crypto";
import { LinkError } from "@swarmpost/rpc";
import {
  accountBytes,
  accountId,
  type ChangeRequest,
  type DeleteRequest,
  messageDigest,
  namespace,
  parseRequest,
} from "@swarmpost/storage-rpc";
import { ByteWriter } from "../byte-writer.ts";
import { encodeChangeRequest } from "../change-request.ts";
import { encodeDeleteRequest, uniqueHashes } from "../delete-request.ts";
import { writeDeletion, writeEntry, writeList, writeTombstone } from "../handoff-codec.ts";
import { VERDICT } from "../handoff-receive.ts";
import { bodyDay, type ReplicaRecord, type StoreRecord } from "../record.ts";
import { encodeRecord } from "../record-codec.ts";
import { KIND, REFUSAL } from "../replica-kinds.ts";
import { STAMP_TOLERANCE_MS } from "../stamp.ts";
import { askAs, frameTo, refusedWith } from "../testing/peer-requests.ts";
import { TestAccount } from "../testing/test-account.ts";
import { TestNode } from "../testing/test-node.ts";
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
const frame = (record: ReplicaRecord, flags = 0) => frameTo(victim, record, flags);

function message(from: TestNode, account: TestAccount, more: Partial<StoreRecord> = {}): StoreRecord {
  const data = Buffer.from("planted");
  const id = accountId(account.id);
  return {
    kind: "store",
    account: accountBytes(id),
    namespace: 0,
    hash: messageDigest(id, namespace(0), data),
    timestampMs: Date.now(),
    expiryMs: Date.now() + 86_400_000,
    stamp: { ms: Date.now(), node: pubkeyBytes(from.pubkey) },
    auth: undefined,
    data,
    ...more,
  };
}

function deletion(from: TestNode, params: object): ReplicaRecord {
  const request = parseRequest(JSON.stringify({ method: "delete", params })) as DeleteRequest;
  return {
    kind: "delete",
    account: accountBytes(request.account),
    hashes: uniqueHashes(request.messages),
    stamp: { ms: Date.now(), node: pubkeyBytes(from.pubkey) },
    request: encodeDeleteRequest(request),
  };
}

test("a member's own frame is taken, so that the refusals below mean something", async () => {
  await send(member, KIND.replicate, frame(message(member, new TestAccount())));
});

test("a node of another swarm, or of none, cannot send replica frames", async () => {
  const record = message(stranger, new TestAccount());
  await assert.rejects(send(stranger, KIND.replicate, frame(record)), refusedWith(REFUSAL.stranger));
});

test("a key that is not registered cannot even connect", async () => {
  const unknown = new TestNode(victim.databaseUrl);
  unknown.certificate = member.certificate;
  const { nodeCertificate } = await import("@swarmpost/rpc");
  unknown.certificate = Buffer.from(await nodeCertificate(unknown.keys));
  const record = message(unknown, new TestAccount());
  const refused = (error: unknown) => error instanceof LinkError && error.code !== "refused";
  await assert.rejects(send(unknown, KIND.replicate, frame(record)), refused);
});

test("a member cannot stamp for another node, from the future, or a live frame from the past", async () => {
  const account = new TestAccount();
  const now = Date.now();
  const invalid = refusedWith(REFUSAL.invalid);
  const stamped = (ms: number, from = member) => ({ stamp: { ms, node: pubkeyBytes(from.pubkey) } });
  const early = frame(message(member, account, stamped(now + 80_000)));
  await assert.rejects(send(member, KIND.replicate, early), refusedWith(REFUSAL.tooEarly));
  for (const stamp of [stamped(now, victim), stamped(now - 80_000)]) {
    await assert.rejects(send(member, KIND.replicate, frame(message(member, account, stamp))), invalid);
  }
  await send(member, KIND.replicate, frame(message(member, account, stamped(now - 80_000)), 1));
});

test("a member cannot plant a message in a private namespace, nor revive one with its old signature", async () => {
  const account = new TestAccount();
  const invalid = refusedWith(REFUSAL.invalid);
  const unsigned = message(member, account, { namespace: 2 });
  await assert.rejects(send(member, KIND.replicate, frame(unsigned)), invalid);
  const signedAt = (timestamp: number) => {
    const { signature, pubkey_ed25519 } = account.signed(`store2${timestamp}`);
    const ed25519 = Buffer.from(pubkey_ed25519, "hex");
    const auth = { signature: Buffer.from(signature, "base64"), signatureTimestampMs: timestamp, ed25519 };
    return message(member, account, { namespace: 2, auth: { ...auth, subaccount: undefined } });
  };
  await assert.rejects(send(member, KIND.replicate, frame(signedAt(Date.now() - 200_000))), invalid);
  await send(member, KIND.replicate, frame(signedAt(Date.now())));
});

test("a member cannot delete what is not its own", async () => {
  const account = new TestAccount();
  const { body } = await victim.rpc("store", account.store("kept"));
  const forged = { ...new TestAccount().delete([body.hash]), pubkey: account.id };
  await assert.rejects(send(member, KIND.replicate, frame(deletion(member, forged))), refusedWith(REFUSAL.invalid));
  const tombstone = {
    account: Buffer.from(account.id, "hex"),
    hash: Buffer.from(body.hash, "base64"),
    stamp: { ms: Date.now(), node: pubkeyBytes(member.pubkey) },
    expiryMs: Date.now() + 1_000_000,
    deletion: Buffer.alloc(32),
  };
  const writer = new ByteWriter().u64(0);
  writeList(writer, [], writeEntry);
  writeList(
    writer,
    [{ id: tombstone.deletion, account: tombstone.account, request: Buffer.from("{}") }],
    writeDeletion,
  );
  writeList(writer, [tombstone], writeTombstone);
  await assert.rejects(send(member, KIND.handOver, writer.finish()), refusedWith(REFUSAL.invalid));
  assert.equal((await victim.rpc("retrieve", account.retrieve())).body.messages.length, 1);
});

const DAY = 86_400_000;

/** A message that its owner signed and stored some days ago, with an expiry that only the member asks for. */
function signedDaysAgo(account: TestAccount, days: number, expiryMs: number): StoreRecord {
  const ms = Date.now() - days * DAY;
  const { signature, pubkey_ed25519 } = account.signed(`store2${ms}`);
  const auth = { signature: Buffer.from(signature, "base64"), ed25519: Buffer.from(pubkey_ed25519, "hex") };
  return message(member, account, {
    namespace: 2,
    stamp: { ms, node: pubkeyBytes(member.pubkey) },
    auth: { ...auth, signatureTimestampMs: ms, subaccount: undefined },
    expiryMs,
  });
}

function handOver(records: readonly StoreRecord[]): Buffer {
  const writer = new ByteWriter().u64(0);
  writeList(writer, records, (target, record) => target.bytes(encodeRecord(record)));
  writeList(writer, [], writeDeletion);
  writeList(writer, [], writeTombstone);
  return writer.finish();
}

test("a member's expiry is cut to what the namespace allows", async () => {
  const account = new TestAccount();
  const year = message(member, account, { expiryMs: Date.now() + 365 * DAY });
  await send(member, KIND.replicate, frame(year));
  const { body } = await victim.rpc("retrieve", account.retrieve());
  assert.ok(body.messages[0].expiration <= Date.now() + 14 * DAY + STAMP_TOLERANCE_MS);
});

test("a member cannot extend what somebody stored, by a frame or by a handover, however late", async () => {
  const expirations: number[] = [];
  const [late, handed, ended] = [new TestAccount(), new TestAccount(), new TestAccount()];
  await send(member, KIND.replicate, frame(signedDaysAgo(late, 20, Date.now() + 29 * DAY), 1));
  await send(member, KIND.handOver, handOver([signedDaysAgo(handed, 20, Date.now() + 29 * DAY)]));
  for (const account of [late, handed]) {
    const { body } = await victim.rpc("retrieve", account.retrieve({ namespace: 2 }));
    expirations.push(...body.messages.map((each: { expiration: number }) => each.expiration));
  }
  assert.equal(expirations.length, 2);
  const latest = Date.now() + 10 * DAY + STAMP_TOLERANCE_MS;
  for (const expiration of expirations) assert.ok(expiration <= latest);
  const answer = await send(member, KIND.handOver, handOver([signedDaysAgo(ended, 31, Date.now() + DAY)]));
  assert.deepEqual([...answer], [1, 0, 0, 0, 0]);
  const dead = frame(signedDaysAgo(ended, 31, Date.now() + DAY), 1);
  await assert.rejects(send(member, KIND.replicate, dead), refusedWith(REFUSAL.invalid));
});

test("a member cannot make a node keep a partition for days that are past or too far ahead", async () => {
  const expiries = [3, 77, 1_234].map((day) => day * DAY + 1);
  for (const expiryMs of [...expiries, Date.now() - 90_000]) {
    for (const flags of [0, 1]) {
      const past = frame(message(member, new TestAccount(), { expiryMs }), flags);
      await assert.rejects(send(member, KIND.replicate, past), refusedWith(REFUSAL.invalid));
    }
  }
  // An entry node with a slow clock may have taken this: it is acknowledged, and there is nothing to keep.
  await send(member, KIND.replicate, frame(message(member, new TestAccount(), { expiryMs: Date.now() - 5_000 })));
  const farthest = message(member, new TestAccount(), { expiryMs: Number.MAX_SAFE_INTEGER });
  await send(member, KIND.replicate, frame(farthest));
  const { rows } = await victim.service.node.data.database.query<{ name: string }>({
    text: "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'body'::regclass",
  });
  const today = bodyDay(Date.now());
  const days = rows.map((row) => Number(row.name.slice("body_".length)) - today);
  assert.deepEqual(
    days.filter((day) => day < 0 || day > 31),
    [],
  );
});

test("a node that never was responsible can neither hand over nor pull", async () => {
  const account = new TestAccount();
  const writer = new ByteWriter().u64(0);
  writeList(writer, [message(stranger, account)], (target, record) => target.bytes(encodeRecord(record)));
  writeList(writer, [], writeDeletion);
  writeList(writer, [], writeTombstone);
  await assert.rejects(send(stranger, KIND.handOver, writer.finish()), refusedWith(REFUSAL.stranger));
  await victim.rpc("store", account.store("secret"));
  for (const kind of [KIND.pullIndex, KIND.pullTombstones]) {
    const page = send(stranger, kind, new ByteWriter().u64(0).u8(0).finish());
    await assert.rejects(page, refusedWith(REFUSAL.stranger));
  }
});

test("garbage on the replica port is refused and nothing breaks", async () => {
  for (const kind of [...Object.values(KIND), 99]) {
    for (const payload of [Buffer.alloc(0), Buffer.from([1, 2, 3]), Buffer.alloc(200, 0xff)]) {
      await assert.rejects(send(member, kind, payload), LinkError);
    }
  }
  // A fault of the sender's, never one of ours: it is told so and no error is logged.
  const payload = Buffer.from([1, 2, 3]);
  await assert.rejects(send(member, KIND.pullAccount, payload), refusedWith(REFUSAL.invalid));
  assert.equal((await victim.rpc("info", {})).status, 200);
});

test("a node that left may hand over for 31 days, after a restart of the receiver, too", async () => {
  const leaver = await swarm.add();
  const stayers = swarm.nodes.slice(0, 3);
  swarm.setMap(new Map([[0n, [...stayers, leaver]]]));
  swarm.setMap(new Map([[0n, stayers]]));
  try {
    for (const days of [0, 30, 32]) {
      await victim.stop();
      await victim.start();
      swarm.publish();
      victim.clock.offsetMs = days * DAY;
      const now = victim.clock.now();
      const stamp = { ms: now, node: pubkeyBytes(leaver.pubkey) };
      const record = message(leaver, new TestAccount(), { stamp, expiryMs: now + DAY });
      const answer = send(leaver, KIND.handOver, handOver([record]));
      if (days <= 31) assert.equal((await answer).readUInt8(4), 1);
      else await assert.rejects(answer, refusedWith(REFUSAL.stranger));
    }
  } finally {
    victim.clock.offsetMs = 0;
  }
});

test("a change is taken only as the account signed it, and only for about the time it was signed for", async () => {
  const account = new TestAccount();
  const now = Date.now();
  const record = (method: string, params: object, stampMs = now): ReplicaRecord => {
    const change = parseRequest(JSON.stringify({ method, params })) as ChangeRequest;
    const stamp = { ms: stampMs, node: pubkeyBytes(member.pubkey) };
    return {
      kind: "change",
      account: accountBytes(change.account),
      stamp,
      change,
      request: encodeChangeRequest(change),
    };
  };
  const take = (sent: ReplicaRecord, flags = 0) => send(member, KIND.replicate, frame(sent, flags));
  await take(record("delete_all", account.deleteAll("all", now)));
  const hash = "A".repeat(43);
  const forged: [string, object, number?][] = [
    ["delete_all", { ...new TestAccount().deleteAll(), pubkey: account.id }],
    ["delete_all", { ...account.deleteAll(3, now), namespace: 5 }],
    ["delete_before", { ...account.deleteBefore(now), before: now - 1 }],
    ["expire_all", { ...account.expireAll(now + 1_000), expiry: now }],
    ["expire", { ...account.expire([hash], now, "extend"), extend: false, shorten: true }],
    // Signed by the account, but long ago: what was stored since is none of it.
    ["delete_all", account.deleteAll("all", now - 200_000)],
    ["delete_before", account.deleteBefore(now + 200_000)],
    ["expire_all", account.expireAll(now - 200_000)],
    ["expire", account.expire([hash], now - 200_000)],
  ];
  for (const [method, params] of forged) {
    await assert.rejects(take(record(method, params)), refusedWith(REFUSAL.invalid), method);
  }
  const other = record("delete_all", new TestAccount().deleteAll());
  const borrowed = { ...other, account: Buffer.from(account.id, "hex") };
  await assert.rejects(take(borrowed), refusedWith(REFUSAL.invalid));
  const handed = new ByteWriter().u64(victim.view.current.map.height);
  writeList(handed, [record("delete_all", account.deleteAll("all", now - 200_000))], (each, one) =>
    each.bytes(encodeRecord(one)),
  );
  assert.deepEqual([...(await send(member, KIND.bringChanges, handed.finish()))], [VERDICT.refused]);
  await assert.rejects(send(stranger, KIND.bringChanges, handed.finish()), refusedWith(REFUSAL.stranger));
});
