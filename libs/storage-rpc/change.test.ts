import assert from "node:assert/strict";
import { test } from "node:test";
import { checkChange, expireEntry, expireMode, listed, MAX_DELETE_HASHES, type MessageHash } from "./index.ts";
import { parse, parseAs, refusal, testAccount, testSubaccount } from "./test-account.ts";

const A = "bepQtTaYrzcuCXO3fZkmk/h3xkMQ3vCh94i5HzLmj3I" as MessageHash;
const B = "garbageYrzcuCXO3fZkmk/h3xkMQ3vCh94i5HzLmj3I" as MessageHash;
const now = 1_700_000_000_000;
const user = testAccount("05", 1);
const group = testAccount("03", 2);

function signed(text: string, params: object): object {
  return { pubkey: user.id, pubkey_ed25519: user.ed25519Hex, signature: user.sign(text), ...params };
}

function expire(params: { messages: unknown; expiry: unknown; shorten?: boolean; extend?: boolean }): object {
  const { messages, expiry, shorten, extend } = params;
  const mode = shorten ? "shorten" : extend ? "extend" : "";
  return signed(`expire${mode}${[expiry].flat().join("")}${[messages].flat().join("")}`, params);
}

test("expire takes one expiry or one for each message, in lists or alone", () => {
  const check = (params: Parameters<typeof expire>[0]) => {
    const request = parseAs("expire", expire(params));
    assert.equal(checkChange(request, { nowMs: now }), undefined);
    return [request.messages, request.expiries, request.mode];
  };
  assert.deepEqual(check({ messages: A, expiry: now }), [[A], [now], "set"]);
  assert.deepEqual(check({ messages: [B, A], expiry: [now + 2, now + 1] }), [[B, A], [now + 2, now + 1], "set"]);
  assert.deepEqual(check({ messages: [B, A], expiry: [now], shorten: true }), [[B, A], [now], "shorten"]);
  assert.deepEqual(check({ messages: [B, A], expiry: now, extend: true }), [[B, A], [now], "extend"]);
});

test("a malformed expire is refused", () => {
  const text = (params: Parameters<typeof expire>[0]) => refusal(() => parse("expire", expire(params)));
  const both = "invalid request: cannot specify both 'shorten' and 'extend'";
  assert.deepEqual(text({ messages: [A], expiry: now, shorten: true, extend: true }), [400, both]);
  const count = "invalid request: 'expiry' must be a single expiry, or the same length as 'messages'";
  assert.deepEqual(text({ messages: [A], expiry: [now, now] }), [400, count]);
  const kind = "invalid request: Invalid value given for 'expiry': expected timestamp array";
  for (const expiry of [[-1], [null], ["1"], 1.5])
    assert.deepEqual(text({ messages: [A], expiry } as never), [400, kind]);
  const none = "invalid request: 'expiry' does not contain any expiration timestamps";
  assert.deepEqual(text({ messages: [A], expiry: [] }), [400, none]);
  assert.equal(text({ messages: [A], expiry: [17_000] }), undefined, "seconds are a time that is past");
  const many = Array.from({ length: MAX_DELETE_HASHES + 1 }, () => A);
  assert.equal(text({ messages: many, expiry: now })?.[0], 400);
});

test("each change is refused in the documented words: first for its time, then for its signature", () => {
  const check = (method: "expire" | "expire_all" | "delete_all" | "delete_before", params: object, nowMs = now) =>
    refusal(() => checkChange(parseAs(method, params), { nowMs }));
  const late = now + 60_001;
  const ends = expire({ messages: [A], expiry: now });
  assert.deepEqual(check("expire", ends, late), [401, "expire: timestamp should be >= current time"]);
  const all = signed(`expire_allall${now}`, { namespace: "all", expiry: now });
  assert.deepEqual(check("expire_all", all, late), [406, "expire_all timestamp should be >= current time"]);
  const deletes = signed(`delete_all-5${now}`, { namespace: -5, timestamp: now });
  assert.deepEqual(check("delete_all", deletes, late), [406, "delete_all timestamp too far from current time"]);
  const before = signed(`delete_before${now}`, { before: now });
  assert.deepEqual(check("delete_before", before, now - 60_001), [
    401,
    "delete_before timestamp too far in the future",
  ]);
  assert.equal(check("delete_before", before, now + 999_999_999), undefined);
  for (const [method, params, name] of [
    ["expire", ends, "expire:"],
    ["expire_all", all, "expire_all"],
    ["delete_all", deletes, "delete_all"],
    ["delete_before", before, "delete_before"],
  ] as const) {
    assert.equal(check(method, params), undefined);
    const forged = { ...params, signature: group.sign("something else") };
    assert.deepEqual(check(method, forged), [401, `${name} signature verification failed`]);
  }
});

test("a namespace is a number or all", () => {
  const text = (namespace: unknown) =>
    refusal(() => parse("delete_all", signed("", { namespace, timestamp: now })))?.[1];
  assert.equal(text("some"), "invalid request: Invalid value given for 'namespace': expected integer or \"all\"");
  assert.equal(text(70_000), "invalid request: Invalid value given for 'namespace': value out of range");
  assert.equal(text(undefined), undefined);
});

test("a subaccount that may not delete only extends, by however little, and may not ask to shorten", () => {
  const request = (flags: number, mode: "" | "shorten" | "extend") => {
    const member = testSubaccount(group, { netid: 3, flags });
    const signature = member.sign(`expire${mode}${now}${A}`);
    const params = { pubkey: group.id, messages: [A], expiry: now, ...(mode && { [mode]: true }), signature };
    return parseAs("expire", { ...params, ...member.params });
  };
  const check = (flags: number, mode: "" | "shorten" | "extend") =>
    refusal(() => checkChange(request(flags, mode), { nowMs: now }));
  const shorten = "expire: shorten parameter cannot be used with this subaccount token (missing delete access)";
  assert.deepEqual(check(3, "shorten"), [400, shorten]);
  assert.equal(check(7, "shorten"), undefined);
  assert.equal(check(3, ""), undefined);
  assert.deepEqual(check(1, "extend"), [401, "expire: signature verification failed"]);
  assert.deepEqual([expireMode(request(3, "")), expireMode(request(7, ""))], ["raise", "set"]);
});

test("replies list what was hit", () => {
  const hits = [
    { hash: B, namespace: 3 },
    { hash: A, namespace: -10 },
    { hash: A, namespace: 3 },
  ];
  assert.deepEqual(listed(hits, "all"), { "-10": [A], "3": [A, B] });
  assert.deepEqual(listed(hits.slice(0, 1), 0 as never), [B]);
  const updated = new Map([
    [B, 2],
    [A, 1],
  ]);
  const { signature: _, ...entry } = expireEntry(
    { updated, unchanged: undefined, applied: undefined },
    Buffer.alloc(64),
  );
  assert.deepEqual(entry, { updated: [A, B], expiry: [1, 2] });
  const none = expireEntry({ updated: new Map(), unchanged: new Map([[A, 5]]), applied: 9 }, Buffer.alloc(64));
  assert.deepEqual([none.updated, none.expiry, none.unchanged], [[], 9, { [A]: 5 }]);
});
