import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { ContentSchema, EnvelopeSchema } from "@swarmpost/protos";
import { messageHash, namespace } from "@swarmpost/storage-rpc";
import { sign } from "@swarmpost/crypto";
import { createAccount } from "../account.ts";
import { ClientError } from "../client-error.ts";
import { changeConfig, emptyConfig } from "../config/config-message.ts";
import { Deadlines } from "../deadline.ts";
import { contentOf } from "../message.ts";
import type { NetworkClock } from "../network-clock.ts";
import type { SwarmRequests } from "../swarm-requests.ts";
import { createGroup } from "./group.ts";
import { GroupConversation } from "./group-conversation.ts";
import { sealGroupKey } from "./group-keys.ts";
import { sealGroupMessage } from "./group-message.ts";
import { sealKick } from "./kick-message.ts";
import { noticeContents } from "./group-update.ts";
import { makeMemberKey } from "./member-key.ts";
import { sealGroupConfig } from "./signed-config.ts";

const [alice, bob] = [createAccount(), createAccount()];
const group = createGroup();
const NOW = 1_700_000_000_000;
const keyOf = (generation: number) => ({ generation, key: Buffer.alloc(32, generation + 1) });

/** A swarm of one member that holds what a test puts there, by namespace. */
function heldBySwarm() {
  const held = new Map<number, Buffer[]>([
    [11, []],
    [12, []],
    [13, []],
    [14, []],
    [-11, []],
  ]);
  const asked: number[] = [];
  const extended: string[][] = [];
  const state = { held, asked, extended, nowMs: NOW, fail: (_ns: number): Error | undefined => undefined };
  const ask = async (question: { make: (member: object) => { method: string; params: Record<string, unknown> } }) => {
    const { method, params } = question.make({});
    const ns = Number(params["namespace"]);
    if (method === "retrieve") asked.push(ns);
    if (method === "expire") extended.push(params["messages"] as string[]);
    const error = state.fail(method === "expire" ? -1 : ns);
    if (error !== undefined) throw error;
    const items = (held.get(ns) ?? []).map((data) => ({
      hash: messageHash(group.id, namespace(ns), data),
      data,
      forged: false,
    }));
    const from = items.findIndex(({ hash }) => hash === params["last_hash"]) + 1;
    const result = { items: items.slice(from), more: false };
    return { result, answered: { path: { hops: [] } }, member: { pubkey: "A" }, attempts: 1 };
  };
  const clock = { now: () => state.nowMs, local: () => state.nowMs } as NetworkClock;
  return { ...state, state, clock, swarm: { ask } as unknown as SwarmRequests };
}

function conversation(
  { swarm, clock }: { swarm: SwarmRequests; clock: NetworkClock },
  problems: string[] = [],
  admin = false,
): GroupConversation {
  const membership = admin ? { admin: group } : { group: group.id, memberKey: makeMemberKey(group, bob.id) };
  const parts = {
    members: () => [],
    before: async () => undefined,
    onProblem: (why: string) => void problems.push(why),
  };
  const deadlines = new Deadlines({ defaultMs: 5_000 });
  return new GroupConversation(bob, membership, { swarm, clock, deadlines, followParts: () => parts });
}

function sealed(text: string, generation: number): Buffer {
  const content = toBinary(ContentSchema, contentOf({ text }, NOW));
  return sealGroupMessage(alice, group.id, keyOf(generation).key, envelopeOf(content));
}

function envelopeOf(content: Uint8Array): Uint8Array {
  return toBinary(EnvelopeSchema, create(EnvelopeSchema, { type: 7, timestamp: BigInt(NOW), content }));
}

const key = (generation: number): Buffer => sealGroupKey(group, [bob.id], keyOf(generation));
const textsOf = ({ messages }: { messages: readonly { text: string }[] }): string[] => messages.map(({ text }) => text);

test("a message whose key comes later is told once as unreadable and given once when the key is there", async () => {
  const swarm = heldBySwarm();
  const { held } = swarm;
  const member = conversation(swarm);
  held.get(12)?.push(key(0));
  held.get(11)?.push(sealed("first", 0), sealed("second", 1));
  const page = await member.read();
  assert.deepEqual([textsOf(page), page.unreadable.length], [["first"], 1]);
  const without = await member.read();
  assert.deepEqual([textsOf(without), without.unreadable.length], [[], 0]);
  held.get(12)?.push(key(1));
  const later = await member.read();
  assert.deepEqual([textsOf(later), later.unreadable.length], [["second"], 0]);
  assert.deepEqual(textsOf(await member.read()), []);
});

test("messages are not lost because keys can't be looked for a second time", async () => {
  const swarm = heldBySwarm();
  const { held, asked, state } = swarm;
  const member = conversation(swarm);
  held.get(12)?.push(key(0));
  held.get(11)?.push(sealed("first", 0), sealed("second", 1));
  state.fail = (ns) => (ns === 12 && asked.includes(11) ? new ClientError("not-read", "the swarm is away") : undefined);
  const page = await member.read();
  assert.deepEqual([textsOf(page), page.unreadable.length], [["first"], 1]);
  state.fail = () => undefined;
  held.get(12)?.push(key(1));
  assert.deepEqual(textsOf(await member.read()), ["second"]);
});

test("an error that is none of this package's own ends the look, and what was taken is given by the next", async () => {
  const swarm = heldBySwarm();
  const { held, asked, state } = swarm;
  const member = conversation(swarm);
  held.get(12)?.push(key(0));
  held.get(11)?.push(sealed("first", 0), sealed("second", 1));
  state.fail = (ns) => (ns === 12 && asked.includes(11) ? new TypeError("a bug") : undefined);
  await assert.rejects(member.read(), TypeError);
  state.fail = () => undefined;
  const page = await member.read();
  assert.deepEqual([textsOf(page), page.unreadable.length], [["first"], 1]);
});

test("what is no message at all is told once, also when it was sealed with a good key", async () => {
  const swarm = heldBySwarm();
  const { held } = swarm;
  const member = conversation(swarm);
  held.get(12)?.push(key(0));
  held.get(11)?.push(sealGroupMessage(alice, group.id, keyOf(0).key, Buffer.from([0xff, 0xff])));
  assert.equal((await member.read()).unreadable.length, 1);
  assert.equal((await member.read()).unreadable.length, 0);
});

test("what a member asks for and an admin can't do now is told, and done with a later look", async () => {
  const swarm = heldBySwarm();
  const { held, asked, state } = swarm;
  const problems: string[] = [];
  const admin = conversation(swarm, problems, true);
  held.get(12)?.push(key(0));
  const [left] = noticeContents({ type: "left" }, NOW);
  const notice = sealGroupMessage(alice, group.id, keyOf(0).key, envelopeOf(toBinary(ContentSchema, left!)));
  held.get(11)?.push(notice, sealed("good bye", 0));
  state.fail = (ns) => (ns === 14 ? new ClientError("not-read", "the swarm is away") : undefined);
  const page = await admin.read();
  assert.deepEqual([textsOf(page), page.events.map(({ type }) => type)], [["good bye"], ["left"]]);
  assert.match(problems.join(), /not done yet: the swarm is away/);
  state.fail = () => undefined;
  const lists = (): number => asked.filter((ns) => ns === 14).length;
  const before = lists();
  assert.deepEqual(textsOf(await admin.read()), []);
  assert.ok(lists() > before, "the list was looked at again");
  const after = lists();
  await admin.read();
  assert.deepEqual(
    [lists(), problems.filter((why) => why.startsWith("what members")).length],
    [after, 1],
    "and then it was done: nobody of that name is listed",
  );
});

test("keys and configs are made to stay twice a day, and again soon when that failed", async () => {
  const swarm = heldBySwarm();
  const { held, extended, state } = swarm;
  const problems: string[] = [];
  const member = conversation(swarm, problems);
  const config = changeConfig(
    emptyConfig(),
    (data) => data.set("n", Buffer.from("Hikers")),
    (message) => sign(message, group.secretKey),
  );
  held.get(12)?.push(key(0));
  held.get(13)?.push(sealGroupConfig(keyOf(0).key, "info", config.bytes));
  const hashes = [12, 13].map((ns) => messageHash(group.id, namespace(ns), held.get(ns)![0]!));
  const after = async (hours: number): Promise<number> => {
    state.nowMs += hours * 3_600_000;
    await member.read();
    return extended.length;
  };
  assert.deepEqual([await after(0), await after(1), await after(10)], [1, 1, 1]);
  assert.deepEqual(extended[0], hashes);
  state.fail = (ns) => (ns === -1 ? new ClientError("not-read", "the swarm is away") : undefined);
  assert.deepEqual([await after(2), await after(0.1)], [2, 2]);
  assert.match(problems.join(), /not extended, which is tried again: the swarm is away/);
  state.fail = () => undefined;
  assert.deepEqual([await after(0.1), await after(11), await after(2)], [3, 3, 4]);
  assert.equal(problems.length, 1);
});

test("what a caller's signal ends after messages came leaves them for the next look", async () => {
  const swarm = heldBySwarm();
  const { held, asked, state } = swarm;
  const member = conversation(swarm);
  held.get(12)?.push(key(0));
  held.get(11)?.push(sealed("first", 0));
  const end = new AbortController();
  state.fail = (ns) => {
    if (ns !== 13) return undefined;
    end.abort(new Error("enough"));
    return end.signal.reason as Error;
  };
  await assert.rejects(member.read({ signal: end.signal }), { message: "enough" });
  assert.ok(asked.includes(11), "the messages were there");
  state.fail = () => undefined;
  assert.deepEqual(textsOf(await member.read()), ["first"]);
});

test("following makes keys and configs stay from its first look on, and goes on when keys can't be had", async () => {
  const swarm = heldBySwarm();
  const { held, asked, extended, state } = swarm;
  const member = conversation(swarm);
  held.get(12)?.push(key(0));
  held.get(11)?.push(sealed("first", 0), sealed("second", 1));
  state.fail = (ns) => (ns === 12 && asked.includes(11) ? new ClientError("timed-out", "too slow") : undefined);
  const end = new AbortController();
  const pages: string[][] = [];
  for await (const page of member.follow({ signal: end.signal, intervalMs: 1 })) {
    pages.push(textsOf(page));
    if (pages.length === 1) {
      state.fail = () => undefined;
      held.get(12)?.push(key(1));
      held.get(11)?.push(sealed("third", 1));
    } else end.abort();
  }
  assert.deepEqual(pages, [["first"], ["second", "third"]]);
  assert.deepEqual(extended[0], [messageHash(group.id, namespace(12), held.get(12)![0]!)]);
});

test("a removal is believed of this membership alone, and only when the swarm turns the account away", async () => {
  const swarm = heldBySwarm();
  const { held, state } = swarm;
  const refused = (status: number) => (ns: number) =>
    ns === 11 ? new ClientError("refused", "no", { detail: { status } }) : undefined;
  held.get(12)?.push(key(2));
  held.get(-11)?.push(sealKick(group, [bob.id], 1));
  state.fail = refused(401);
  await assert.rejects(conversation(swarm).read(), { code: "refused" }, "it was invited again since");
  held.get(-11)?.push(sealKick(group, [alice.id], 2));
  await assert.rejects(conversation(swarm).read(), { code: "refused" }, "it was someone else");
  held.get(-11)?.push(sealKick(group, [bob.id], 2));
  await assert.rejects(conversation(swarm).read(), { code: "removed-from-group" });
  await assert.rejects(conversation(swarm, [], true).read(), { code: "refused" }, "an admin is not removed");
  state.fail = refused(400);
  await assert.rejects(conversation(swarm).read(), { code: "refused" }, "it was turned away for something else");
});
