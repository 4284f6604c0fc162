import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCESS_READ, ACCESS_WRITE, checkRetrieveAuth } from "./index.ts";
import { parseAs, refusal, testAccount, testSubaccount } from "./test-account.ts";

const NOW = 1_700_000_000_000;
const HASH = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq";
const user = testAccount("05", 1);
const group = testAccount("03", 2);

function signed(ns: number, extra: object = {}) {
  const signature = user.sign(`retrieve${ns === 0 ? "" : ns}${NOW}`);
  const own = { pubkey: user.id, pubkey_ed25519: user.ed25519Hex, timestamp: NOW, signature };
  return { ...own, ...(ns !== 0 && { namespace: ns }), ...extra };
}

function check(params: object, now = NOW): [number, string] | undefined {
  return refusal(() => checkRetrieveAuth(parseAs("retrieve", params), now));
}

test("limits, direction and last hash are read; session.js's spelling of lastHash too", () => {
  const request = parseAs(
    "retrieve",
    signed(0, { lastHash: HASH, maxSize: 5, pubkeyEd25519: "x", max_count: 3, max_size: -2 }),
  );
  assert.deepEqual(
    [request.lastHash, request.maxCount, request.maxSize, request.reverse, request.namespace],
    [HASH, 3, -2, false, 0],
  );
  assert.equal(parseAs("retrieve", signed(0, { reverse_direction: true })).reverse, true);
});

test("a wait is 0 to 20,000 ms, and clients that know nothing of it wait for nothing", () => {
  const wait = (value: unknown) => parseAs("retrieve", signed(0, { wait: value })).waitMs;
  assert.deepEqual([wait(undefined), wait(null), wait(0), wait(1), wait(20_000)], [0, 0, 0, 1, 20_000]);
  const outOfRange = "invalid request: Invalid value given for 'wait': value out of range";
  for (const value of [-1, 20_001, 1e9]) assert.deepEqual(check(signed(0, { wait: value })), [400, outOfRange]);
  for (const value of [0.5, "1000", true, []]) assert.equal(check(signed(0, { wait: value }))?.[0], 400);
});

test("an empty last hash means from the start and a malformed one is refused", () => {
  assert.equal(parseAs("retrieve", signed(0, { last_hash: "" })).lastHash, undefined);
  const text = (last_hash: string) => check(signed(0, { last_hash }))?.[1];
  assert.equal(text("abc"), "invalid request: Invalid last_hash: expected base64 (43 chars)");
  assert.equal(text("_".repeat(43)), "invalid request: Invalid last_hash: not base64");
});

test("nothing of a signature is a 401 in the default namespace and a 400 in a named private one", () => {
  assert.deepEqual(check({ pubkey: user.id }), [401, "retrieve: request signature required"]);
  const missing = "invalid request: Required field 'signature' missing";
  assert.deepEqual(check({ pubkey: user.id, namespace: 2 }), [400, missing]);
  assert.deepEqual(check({ pubkey: user.id, timestamp: NOW }), [400, missing]);
  assert.deepEqual(check({ pubkey: user.id, pubkey_ed25519: user.ed25519Hex }), [400, missing]);
});

test("a malformed key or signature is named, whatever else is wrong", () => {
  const text = (extra: object) => check(signed(0, { timestamp: null, ...extra }))?.[1];
  const length = "invalid request: Invalid pubkey_ed25519: expected 64 hex char or 32 byte pubkey";
  assert.equal(text({ pubkey_ed25519: "ab" }), length);
  assert.equal(text({ pubkey_ed25519: "g".repeat(64) }), "invalid request: invalid pubkey_ed25519: value is not hex");
  const signature = "invalid request: invalid signature: expected base64 encoded Ed25519 signature";
  assert.equal(text({ signature: "AAAA" }), signature);
});

test("a signature without its timestamp is a 400", () => {
  assert.deepEqual(check(signed(0, { timestamp: null })), [400, "invalid request: Required field 'timestamp' missing"]);
});

test("legacy groups and public outboxes are read by anyone, but a given signature must hold", () => {
  for (const namespace of [-10, -1, -21]) assert.equal(check({ pubkey: user.id, namespace }), undefined);
  assert.equal(check(signed(-10)), undefined);
  assert.equal(check(signed(-10, { signature: user.sign("other") }))?.[0], 401);
});

test("a signature is good for a minute either way and for its own namespace", () => {
  assert.equal(check(signed(0), NOW + 60_000), undefined);
  assert.equal(check(signed(0), NOW - 60_000), undefined);
  assert.deepEqual(check(signed(0), NOW + 60_001), [406, "retrieve timestamp too far from current time"]);
  assert.deepEqual(check(signed(0, { namespace: 2 })), [401, "retrieve signature verification failed"]);
});

test("a subaccount needs the read flag, the group's netid or any-prefix, and the group's signature", () => {
  const attempt = (netid: number, flags: number, owner = group) => {
    const member = testSubaccount(owner, { netid, flags });
    const signature = member.sign(`retrieve11${NOW}`);
    return check({ pubkey: group.id, namespace: 11, timestamp: NOW, signature, ...member.params })?.[0];
  };
  assert.equal(attempt(3, ACCESS_READ), undefined);
  assert.equal(attempt(3, ACCESS_WRITE), 401);
  assert.equal(attempt(5, ACCESS_READ), 401);
  assert.equal(attempt(5, ACCESS_READ | 8), undefined);
  assert.equal(attempt(3, ACCESS_READ, testAccount("03", 9)), 401);
});

test("half a subaccount or a token of another size is a 400", () => {
  const { params } = testSubaccount(group, { netid: 3, flags: 1 });
  const base = { pubkey: group.id, namespace: 11, timestamp: NOW, signature: group.sign("x") };
  const text = (extra: object) => check({ ...base, ...extra })?.[1];
  const half = "invalid request: invalid subaccount: subaccount_sig is required when using subaccount";
  assert.equal(text({ subaccount: params.subaccount }), half);
  const alone = "retrieve signature verification failed";
  assert.equal(text({ subaccount_sig: params.subaccount_sig }), alone);
  assert.equal(text({ ...params, subaccount: "" }), alone);
  assert.equal(
    text({ ...params, subaccount: "AwMA" }),
    "invalid request: invalid subaccount: expected base64 or hex-encoded subaccount token",
  );
  assert.equal(
    text({ ...params, subaccount_sig: "AwMA" }),
    "invalid request: invalid subaccount signature: expected base64 encoded Ed25519 signature",
  );
});

test("a token in hex is the same token", () => {
  const member = testSubaccount(group, { netid: 3, flags: 1 });
  const subaccount = Buffer.from(member.params.subaccount, "base64").toString("hex");
  const signature = member.sign(`retrieve11${NOW}`);
  assert.equal(
    check({ pubkey: group.id, namespace: 11, timestamp: NOW, signature, ...member.params, subaccount }),
    undefined,
  );
});
