import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Pubkey } from "@swarmpost/crypto";
import { type MessageHash, namespace } from "@swarmpost/storage-rpc";
import { ClientError } from "./client-error.ts";
import { follow } from "./follow.ts";
import { Mailbox, type MailboxOptions } from "./mailbox.ts";
import type { NetworkClock } from "./network-clock.ts";
import type { SwarmRequests } from "./swarm-requests.ts";

const items = Array.from({ length: 6 }, (_, index) => ({
  data: Buffer.from(`m${index}`),
  hash: `hash-${index}` as MessageHash,
  forged: false,
}));
const texts = items.map(({ data }) => data.toString());

interface Question {
  readonly only?: { readonly pubkey: Pubkey };
  readonly asked?: Set<Pubkey>;
  readonly signal?: AbortSignal;
  readonly make: (member: { pubkey: Pubkey }) => { params: { last_hash?: string } };
}

interface Given {
  readonly items: typeof items;
  readonly more: boolean;
}

/** Two members; `give` says what one gives after the first `at` messages. */
function mailbox(
  give: (member: Pubkey, at: number, first: boolean, signal?: AbortSignal) => Given | Promise<Given>,
): Mailbox<{
  text: string;
  sentMs: number;
}> {
  const ask = async (question: Question) => {
    const pubkey = question.only?.pubkey ?? (["A", "B"] as Pubkey[]).find((key) => !question.asked?.has(key));
    if (pubkey === undefined) throw new ClientError("not-read", "there is no other member");
    question.asked?.add(pubkey);
    const last = question.make({ pubkey }).params.last_hash;
    const at = items.findIndex(({ hash }) => hash === last) + 1;
    const result = await give(pubkey, at, question.only === undefined, question.signal);
    return { result, answered: { path: { hops: [] } }, member: { pubkey }, attempts: 1 };
  };
  const options: MailboxOptions<{ text: string; sentMs: number }> = {
    credentials: {
      account: `05${"ab".repeat(32)}`,
      prove: () => ({}),
    } as unknown as MailboxOptions<never>["credentials"],
    namespace: namespace(0),
    decode: (data) => ({ text: data.toString(), sentMs: Number(data.toString().slice(1)) }),
  };
  const clock = { now: () => 1_700_000_000_000 } as NetworkClock;
  return new Mailbox(options, { swarm: { ask } as unknown as SwarmRequests, clock });
}

const pages = (at: number) => ({ items: items.slice(at, at + 2), more: at + 2 < items.length });

test("what members gave before a later page failed is shown, and the rest comes with the next look", async () => {
  let fails = true;
  const box = mailbox((_member, at) => {
    if (fails && at === 2) throw new ClientError("not-read", "the node fell over");
    return pages(at);
  });
  const got = (await box.look()).messages.map(({ text }) => text);
  fails = false;
  got.push(...(await box.look()).messages.map(({ text }) => text));
  assert.deepEqual(got.toSorted(), texts);
});

test("whoever leaves a follower loses nothing that it had not given yet", async () => {
  const box = mailbox((member, at, first) => {
    if (!first) return pages(at);
    return { items: member === "A" ? items.slice(0, 1) : items.slice(1), more: false };
  });
  const seen: string[] = [];
  const parts = { members: () => ["A", "B"] as Pubkey[], before: async () => {}, onProblem: () => {} };
  for await (const page of follow(box, { intervalMs: 5 }, parts)) {
    seen.push(...page.messages.map(({ text }) => text));
    await new Promise(setImmediate);
    break;
  }
  for (let looks = 0; looks < 3; looks++) seen.push(...(await box.look()).messages.map(({ text }) => text));
  assert.deepEqual([...new Set(seen)].toSorted(), texts);
});

test("one member that refuses does not end a follower; two do", async () => {
  const refused = (node: string) => new ClientError("refused", "no", { detail: { refusedBy: [node] } });
  const one = mailbox((member) => {
    if (member === "A") throw refused("A");
    return { items: items.slice(0, 1), more: false };
  });
  const parts = { members: () => ["A", "B"] as Pubkey[], before: async () => {}, onProblem: () => {} };
  const following = follow(one, { intervalMs: 1 }, parts);
  assert.deepEqual(
    (await following.next()).value?.messages.map(({ text }: { text: string }) => text),
    ["m0"],
  );
  await following.return(undefined);
  const all = mailbox((member) => {
    throw refused(member);
  });
  await assert.rejects(follow(all, { intervalMs: 1 }, parts).next(), { code: "refused" });
});

test("when one member has answered, another that does not is waited for ten seconds more", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let ended = false;
  const box = mailbox((member, _at, _first, signal) => {
    if (member === "A") return { items: items.slice(0, 1), more: false };
    const { promise, reject } = Promise.withResolvers<Given>();
    signal?.addEventListener("abort", () => {
      ended = true;
      reject(signal.reason);
    });
    return promise;
  });
  let page: { messages: readonly { text: string }[] } | undefined;
  const looking = box.look().then((got) => (page = got));
  for (let i = 0; i < 20; i++) await turn();
  mock.timers.tick(9_999);
  await turn();
  assert.deepEqual([ended, page], [false, undefined]);
  mock.timers.tick(1);
  await looking;
  mock.timers.reset();
  assert.deepEqual([ended, page?.messages.map(({ text }) => text)], [true, ["m0"]]);
});

test("a member that gives forged messages without end or data is left before they fill the memory", async () => {
  let given = 0;
  const forged = (): Given["items"] =>
    Array.from({ length: 10_000 }, () => ({ data: Buffer.alloc(0), hash: `h${given++}` as MessageHash, forged: true }));
  const box = mailbox((member) => (member === "A" ? { items: forged(), more: true } : { items: [], more: false }));
  const { unreadable, more } = await box.look();
  assert.equal(more, true);
  assert.ok(unreadable.length <= 150_000, `${unreadable.length} at once`);
});
