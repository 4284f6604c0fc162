import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId } from "@swarmpost/storage-rpc";
import { type Change, type ChangeMode, effectsOf, expiryAfter, latestExpiry } from "./change.ts";
import type { Stamp } from "./stamp.ts";

const day = 86_400_000;
const now = 1_000 * day;
const stamp = (ms: number): Stamp => ({ ms, node: Buffer.alloc(32) });
const change = (mode: ChangeMode, ms: number, valueMs: number): Change => ({
  mode,
  valueMs,
  hash: undefined,
  namespace: undefined,
  stamp: stamp(ms),
  id: Buffer.alloc(32),
});

function expireAll(expiry: number): Change[] {
  const account = accountId(Buffer.alloc(33, 5));
  const auth = { signature: Buffer.alloc(64) };
  const effects = effectsOf({ method: "expire_all", account, namespace: "all", expiry, auth }, stamp(now));
  return effects.map((effect) => ({ ...effect, stamp: stamp(now), id: Buffer.alloc(32) }));
}

test("what shortened earlier copies prolongs no later store", () => {
  for (const expiry of [now + 20 * day, Number.MAX_SAFE_INTEGER]) {
    assert.equal(expiryAfter(now + 2 * day, stamp(now + 1), expireAll(expiry)), now + 2 * day);
  }
});

test("what an earlier copy was prolonged to holds for a later store, as far as it was not shortened since", () => {
  const prolonged = [change("extend", now, now + 9 * day)];
  assert.equal(expiryAfter(now + day, stamp(now + 5), prolonged), now + 9 * day);
  const shortened = [...prolonged, change("shorten", now + 1, now + 4 * day)];
  assert.equal(expiryAfter(now + day, stamp(now + 5), shortened), now + 4 * day);
  const before = [change("shorten", now - 1, now + 4 * day), ...prolonged];
  assert.equal(expiryAfter(now + day, stamp(now + 5), before), now + 9 * day);
});

test("an extension that was asked for as one is not worth a write when it is trivial, a forced one is", () => {
  const trivial = now + 10 * day + 60_000;
  assert.equal(expiryAfter(now + 10 * day, stamp(now), [change("extend", now, trivial)]), now + 10 * day);
  assert.equal(expiryAfter(now + 10 * day, stamp(now), [change("raise", now, trivial)]), trivial);
  assert.equal(expiryAfter(now + 10 * day, stamp(now), [change("raise", now, now + 9 * day)]), now + 10 * day);
  assert.equal(expiryAfter(now + day, stamp(now + 5), [change("raise", now, now + 9 * day)]), now + 9 * day);
  const latest = latestExpiry({ stamp: stamp(now), namespace: 0 }, [change("raise", now, now + 30 * day)]);
  assert.equal(latest, now + 30 * day);
});

test("nothing that was prolonged outlives the end of its copy or its deletion", () => {
  const ended = [change("shorten", now, now + 1), change("extend", now + 2, now + 9 * day)];
  assert.equal(expiryAfter(now + day, stamp(now + 5), ended), now + day);
  const gone = [change("extend", now, now + 9 * day), change("delete", now + 2, Number.MAX_SAFE_INTEGER)];
  assert.equal(expiryAfter(now + day, stamp(now + 5), gone), now + day);
});

test("an expire_all asks for no end that no message can have, and shortens none that one can", () => {
  const [effect] = expireAll(Number.MAX_SAFE_INTEGER);
  assert.ok(effect !== undefined && effect.valueMs < now + 31 * day);
  const latest = latestExpiry({ stamp: stamp(now), namespace: 5 }, []);
  assert.equal(expiryAfter(latest, stamp(now), [effect]), latest);
});
