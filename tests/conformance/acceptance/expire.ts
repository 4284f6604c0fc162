import assert from "node:assert/strict";
import { type Owner, sessionAccount } from "./account.ts";
import type { Answer, Caller } from "./caller.ts";
import type { Line } from "./line.ts";
import { assertRefused, retrieved, type Series, signedParams, storedSeries } from "./messages.ts";
import { type Entry, signedEntries } from "./swarm-entries.ts";

const day = 86_400_000;
const unknown = [
  "///////////////////////////////////////////",
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq",
  "rstuvwxyz0123456789+/ABCDEFGHIJKLMNOPQRSTUV",
];

type Mode = "" | "shorten" | "extend";

function expireParams(
  account: Owner,
  messages: readonly string[],
  expiry: number | readonly number[],
  mode: Mode = "",
): Record<string, unknown> {
  const parts = [`expire${mode}`, ...[expiry].flat(), ...messages];
  return signedParams(account, parts, { messages, expiry, ...(mode && { [mode]: true }) });
}

function hashes(messages: readonly Series[]): string[] {
  return messages.map(({ hash }) => hash);
}

/** The expiries of a page, in its order. */
async function expirations(rpc: Caller, account: Owner): Promise<number[]> {
  return (await retrieved(rpc, account)).messages.map(({ expiration }) => expiration);
}

/** The entries of an `expire`, each signed over what it says. */
function expired(answer: Answer, account: Owner, asked: readonly string[]): Entry[] {
  return signedEntries(answer, ({ updated, expiry, unchanged = {} }) => {
    const kept = Object.entries(unchanged as Record<string, number>).map(([hash, end]) => `${hash}${end}`);
    const parts = [account.id, ...[expiry].flat(), ...asked, ...(updated as string[]), ...kept.sort()];
    return parts.join("");
  });
}

/** test_expire.py of the reference server. */
export function expire(line: Line): void {
  line("test_expire.expire_all", async (rpc) => {
    const account = sessionAccount();
    const messages = await storedSeries(rpc, account, 5);
    const { expiry } = messages[2]!;
    const updated = hashes(messages.slice(0, 2)).sort();
    const params = signedParams(account, ["expire_all", expiry], { expiry });
    const answer = await rpc.call("expire_all", params, rpc.node(1));
    const entries = signedEntries(answer, () => `${account.id}${expiry}${updated.join("")}`);
    for (const entry of entries) assert.deepEqual(entry["updated"], updated);
    const ends = [expiry, expiry, expiry, messages[3]!.expiry, messages[4]!.expiry];
    assert.deepEqual(await expirations(rpc, account), ends);
  });

  line("test_expire.stale_expire_all", async (rpc) => {
    const account = sessionAccount();
    await storedSeries(rpc, account, 5);
    const expiry = Date.now() - 120_000;
    const params = signedParams(account, ["expire_all", expiry], { expiry });
    assertRefused(await rpc.call("expire_all", params), 406, "expire_all timestamp should be >= current time");
  });

  line("test_expire.expire", async (rpc) => {
    const account = sessionAccount();
    const messages = await storedSeries(rpc, account, 10);
    const { expiry } = messages[6]!;
    const named = [0, 1, 5, 6, 7, 9].map((i) => messages[i]!.hash);
    const asked = [...named, "bepQtTaYrzcuCXO3fZkmk/h3xkMQ3vCh94i5HzLmj3I"].sort().toReversed();
    const answer = await rpc.call("expire", expireParams(account, asked, expiry), rpc.node(1));
    for (const entry of expired(answer, account, asked)) {
      assert.deepEqual([entry["updated"], entry["expiry"], "unchanged" in entry], [named.sort(), expiry, false]);
    }
    const changed = new Set(named);
    const ends = messages.map((message) => (changed.has(message.hash) ? expiry : message.expiry));
    assert.deepEqual(await expirations(rpc, account), ends);
    const single = messages[4]!.hash;
    const { messages: _, ...one } = expireParams(account, [single], expiry);
    const alone = await rpc.call("expire", { ...one, messages: single }, rpc.node(1));
    for (const entry of expired(alone, account, [single])) assert.deepEqual(entry["updated"], [single]);
    const past = await rpc.call("expire", expireParams(account, [single], Date.now() - 120_000));
    assertRefused(past, 401, "expire: timestamp should be >= current time");
  });

  line("test_expire.expire_extend", async (rpc) => {
    const account = sessionAccount();
    const messages = await storedSeries(rpc, account, 10);
    const [soon, far] = [Date.now() + 300_000, Date.now() + 31 * day];
    const [some, others] = [hashes(messages.slice(0, 8)), hashes(messages.slice(8))];
    const requests = [
      { method: "expire", params: expireParams(account, some, soon) },
      { method: "expire", params: expireParams(account, others, far) },
    ];
    const { body } = await rpc.call<{ results: { code: number; body: unknown }[] }>("sequence", { requests });
    const [first, second] = body.results.map(({ code, body: each }) => ({ status: code, body: each }));
    for (const entry of expired(first!, account, some)) {
      assert.deepEqual([entry["updated"], entry["expiry"]], [[...some].sort(), soon]);
    }
    const isCapped = (end: unknown) => Math.abs((end as number) - (Date.now() + 30 * day)) <= 5_000;
    for (const entry of expired(second!, account, others)) {
      assert.deepEqual(entry["updated"], [...others].sort());
      assert.ok(isCapped(entry["expiry"]));
    }
    const page = await retrieved(rpc, account);
    assert.deepEqual(
      page.messages.map(({ timestamp }) => timestamp),
      messages.map(({ timestamp }) => timestamp),
    );
    for (const { hash, expiration } of page.messages) {
      assert.ok(some.includes(hash) ? expiration === soon : isCapped(expiration));
    }
  });

  line("test_expire.expire_shorten_extend", async (rpc) => {
    const account = sessionAccount();
    const messages = await storedSeries(rpc, account, 10);
    const all = hashes(messages);
    const now = messages[0]!.timestamp;
    const [in20, in30, in45, in10m] = [20_000, 30_000, 45_000, 600_000].map((ms) => now + ms) as [
      number,
      number,
      number,
      number,
    ];
    const ends = new Map(messages.map(({ hash, expiry }) => [hash, expiry]));
    const step = (asked: readonly string[], expiry: number, mode: Mode, updated: readonly string[]) => {
      const known = asked.filter((hash) => ends.has(hash));
      const unchanged = Object.fromEntries(
        known.filter((hash) => !updated.includes(hash)).map((hash) => [hash, ends.get(hash)]),
      );
      for (const hash of updated) ends.set(hash, expiry);
      const after = Object.fromEntries(ends);
      const check = ([answer, expiries]: readonly Answer[]) => {
        for (const entry of expired(answer!, account, asked)) {
          const { signature: __, ...said } = entry;
          assert.deepEqual(said, { expiry, updated: [...updated].sort(), unchanged });
        }
        assert.deepEqual(expiries, { status: 200, body: { expiries: after } });
      };
      return { params: expireParams(account, asked, expiry, mode), check };
    };
    const steps = [
      step([...all.slice(0, 4), ...unknown], in30, "shorten", all.slice(0, 4)),
      step([...all.slice(4, 8), ...unknown], in20, "shorten", all.slice(4, 8)),
      step(all.slice(6), in10m, "shorten", []),
      step([...all.slice(2, 6), ...unknown], in20, "shorten", all.slice(2, 4)),
      step([...all, ...unknown], in45, "extend", all.slice(0, 8)),
    ];
    const timestamp = Date.now();
    const asked = [...all, ...unknown];
    const expiries = (of: readonly string[]) => ({
      method: "get_expiries",
      params: signedParams(account, ["get_expiries", timestamp, ...of], { messages: of, timestamp }),
    });
    const requests = steps.flatMap(({ params }) => [{ method: "expire", params }, expiries(asked)]);
    requests.push(expiries([all[0]!]));
    assert.equal(requests.length, 11);
    const { body } = await rpc.call<{ results: { code: number; body: unknown }[] }>("sequence", { requests });
    const answers = body.results.map(({ code, body: each }): Answer => ({ status: code, body: each }));
    assert.equal(answers.length, 11);
    for (const [i, { check }] of steps.entries()) check(answers.slice(2 * i, 2 * i + 2));
    assert.deepEqual(answers[10]?.body, { expiries: { [all[0]!]: in45 } });
    assert.deepEqual(
      await expirations(rpc, account),
      all.map((hash) => ends.get(hash)),
    );
  });

  line("test_expire.expire_multi", async (rpc) => {
    const account = sessionAccount();
    const messages = await storedSeries(rpc, account, 10);
    const targets = [0, 1, 3, 6, 7, 9].map((i) => messages[i]!);
    const pairs = targets.map(({ hash, expiry }, i) => [hash, expiry + (i - 2) * 1_500] as const);
    const asked = [...pairs].sort(([a], [b]) => (a < b ? 1 : -1));
    const named = [...asked.map(([hash]) => hash), "bepQtTaYrzcuCXO3fZkmk/h3xkMQ3vCh94i5HzLmj3I"];
    const ends = [...asked.map(([, expiry]) => expiry), Date.now() + 12_345];
    const answer = await rpc.call("expire", expireParams(account, named, ends), rpc.node(1));
    const sorted = asked.toReversed();
    for (const entry of expired(answer, account, named)) {
      const { signature: _, ...said } = entry;
      assert.deepEqual(said, { updated: sorted.map(([hash]) => hash), expiry: sorted.map(([, expiry]) => expiry) });
    }
    const byHash = new Map(pairs);
    assert.deepEqual(
      await expirations(rpc, account),
      messages.map(({ hash, expiry }) => byHash.get(hash) ?? expiry),
    );
  });

  line("test_expire.extend_trivial", async (rpc) => {
    const account = sessionAccount();
    const [message] = await storedSeries(rpc, account, 1);
    const { hash, timestamp } = message!;
    const end = timestamp + 10 * day;
    const extend = async (expiry: number, expected: object) => {
      const answer = await rpc.call("expire", expireParams(account, [hash], expiry, "extend"), rpc.node(2));
      for (const { signature: _, ...said } of expired(answer, account, [hash])) assert.deepEqual(said, expected);
    };
    await extend(end, { updated: [hash], expiry: end, unchanged: {} });
    const trivial = end + 0.009 * 10 * day;
    await extend(trivial, { updated: [], expiry: trivial, unchanged: { [hash]: end } });
    const enough = end + 0.011 * 10 * day;
    await extend(enough, { updated: [hash], expiry: enough, unchanged: {} });
    assert.deepEqual(await expirations(rpc, account), [enough]);
  });
}
