import assert from "node:assert/strict";
import { test } from "node:test";
import { checkStoreAuth, checkStoreTimes, type Namespace, signedStore, verifyStore } from "./index.ts";
import { parseAs, refusal, testAccount, testSubaccount } from "./test-account.ts";

const NOW = 1_700_000_000_000;
const DAY = 86_400_000;
const user = testAccount("05", 1);
const group = testAccount("03", 2);

function params(extra: object = {}) {
  return { pubkey: user.id, timestamp: NOW, ttl: 60_000, data: "aGVsbG8=", ...extra };
}

function parseError(extra: object): string | undefined {
  return refusal(() => parseAs("store", params(extra)))?.[1];
}

test("a plain store to the inbox needs no signature", () => {
  const request = parseAs("store", params());
  assert.deepEqual(
    { ...request, data: request.data.toString() },
    {
      method: "store",
      account: user.id,
      namespace: 0,
      timestamp: NOW,
      expiry: NOW + 60_000,
      data: "hello",
      sigTimestamp: NOW,
      auth: undefined,
    },
  );
  assert.equal(checkStoreTimes(request, NOW), undefined);
  assert.equal(checkStoreAuth(request, NOW), undefined);
});

test("timestamp and ttl may be text, data may be unpadded, expiry may replace ttl", () => {
  const request = parseAs("store", params({ timestamp: `${NOW}`, ttl: "60000", data: "aGVsbG8" }));
  assert.equal(request.expiry, NOW + 60_000);
  assert.equal(parseAs("store", params({ ttl: null, expiry: NOW + 5 })).expiry, NOW + 5);
});

test("missing and contradicting parameters are named", () => {
  assert.equal(parseError({ timestamp: null }), "invalid request: Required field 'timestamp' missing");
  assert.equal(parseError({ data: null }), "invalid request: Required field 'data' missing");
  assert.equal(parseError({ ttl: null }), "invalid request: Required field 'expiry' or 'ttl' missing");
  assert.equal(parseError({ expiry: NOW }), "invalid request: Cannot specify both 'expiry' and 'ttl'");
});

test("parameters of another kind are named", () => {
  const wrong = (name: string, kind: string) => `invalid request: Invalid value given for '${name}': expected ${kind}`;
  const time = "integer timestamp (in milliseconds)";
  assert.equal(parseError({ timestamp: "now" }), "invalid request: Invalid value given for 'timestamp': \"now\"");
  assert.equal(parseError({ timestamp: true }), wrong("timestamp", time));
  assert.equal(parseError({ sig_timestamp: "1" }), wrong("sig_timestamp", time));
  for (const ttl of [1.5, -1, "-1"]) assert.equal(parseError({ ttl }), wrong("ttl", "positive integer"));
  assert.equal(parseError({ data: 7 }), wrong("data", "string"));
  assert.equal(parseError({ namespace: "2" }), wrong("namespace", "16-bit integer"));
  assert.equal(parseError({ namespace: "all" }), wrong("namespace", "16-bit integer"));
  const signature = "invalid request: invalid signature: expected base64 encoded Ed25519 signature";
  assert.equal(parseError({ signature: "abc" }), signature);
  const range = "invalid request: Invalid value given for 'namespace': value out of range";
  for (const namespace of [32768, -32769, 1e300]) assert.equal(parseError({ namespace }), range);
});

test("timestamps in seconds or below zero are refused", () => {
  const text = "invalid request: Invalid timestamp for 'timestamp': timestamp must be in milliseconds";
  assert.equal(parseError({ timestamp: 999_999_999 }), text);
  assert.equal(
    parseError({ timestamp: -1 }),
    "invalid request: Invalid value given for 'timestamp': expected integer timestamp (in milliseconds)",
  );
});

test("data that is no base64 or too long is refused; exactly the limit is taken", () => {
  for (const data of ["a", "aGVsbG8_", "aGVs bG8=", "aGVsbG8=="]) {
    assert.equal(parseError({ data }), "invalid request: Invalid 'data' value: not base64 encoded");
  }
  assert.equal(parseAs("store", params({ data: "A".repeat(102_400) })).data.length, 76_800);
  assert.equal(
    parseError({ data: "A".repeat(102_401) }),
    "invalid request: Message body exceeds maximum allowed length of 76800 bytes",
  );
  assert.equal(parseAs("store", params({ data: "" })).data.length, 0);
});

test("a life out of the namespace's range is a 403, also when the clock is wrong too", () => {
  const refused: [number, string] = [403, "Provided expiry/TTL is not valid."];
  const times = (ttl: number, namespace: number, now = NOW) =>
    refusal(() => checkStoreTimes(parseAs("store", params({ ttl, namespace })), now));
  for (const ttl of [0, 9_999, 14 * DAY + 1]) assert.deepEqual(times(ttl, 0), refused, `${ttl}`);
  assert.deepEqual(times(30 * DAY + 1, 2), refused);
  assert.deepEqual(times(9_999, 0, NOW + DAY), refused);
  assert.equal(times(14 * DAY, 0), undefined);
  assert.equal(times(30 * DAY, 2), undefined);
  assert.equal(times(10_000, 0), undefined);
});

test("a timestamp ahead by more than 10 s or an expiry past by more than 10 s is a 406; a past timestamp is not", () => {
  const refused: [number, string] = [406, "Timestamp error: check your clock"];
  const request = parseAs("store", params());
  assert.equal(checkStoreTimes(request, NOW - 10_000), undefined);
  assert.deepEqual(
    refusal(() => checkStoreTimes(request, NOW - 10_001)),
    refused,
  );
  assert.equal(checkStoreTimes(request, NOW + 70_000), undefined);
  assert.deepEqual(
    refusal(() => checkStoreTimes(request, NOW + 70_001)),
    refused,
  );
});

test("a private namespace wants a signature, then a fresh one, then a right one", () => {
  const auth = (extra: object, now = NOW) =>
    refusal(() => checkStoreAuth(parseAs("store", params({ namespace: 2, ...extra })), now));
  const good = { signature: user.sign(signedStore(2 as Namespace, NOW)), pubkey_ed25519: user.ed25519Hex };
  assert.deepEqual(auth({}), [401, "store: signature required to store to namespace 2"]);
  assert.deepEqual(auth(good, NOW + 60_001), [406, "store signature timestamp too far from current time"]);
  assert.deepEqual(auth({ ...good, namespace: 3 }), [401, "store signature verification failed"]);
  assert.equal(auth(good), undefined);
  assert.equal(auth({ ...good, pubkey_ed25519: user.ed25519Hex.toUpperCase() }, NOW + 60_000), undefined);
});

test("sig_timestamp is what the signature covers when it is given", () => {
  const signature = user.sign(`store2${NOW + 5}`);
  const extra = { namespace: 2, signature, pubkey_ed25519: user.ed25519Hex, timestamp: NOW - DAY, ttl: 2 * DAY };
  assert.equal(checkStoreAuth(parseAs("store", params({ ...extra, sig_timestamp: NOW + 5 })), NOW), undefined);
  assert.equal(refusal(() => checkStoreAuth(parseAs("store", params(extra)), NOW))?.[0], 406);
});

test("a Session account without its Ed25519 key, or with another's, is not believed", () => {
  const signature = user.sign(`store2${NOW}`);
  const failed: [number, string] = [401, "store signature verification failed"];
  const other = { pubkey_ed25519: group.ed25519Hex, signature: group.sign(`store2${NOW}`) };
  for (const extra of [{ signature }, other]) {
    assert.deepEqual(
      refusal(() => checkStoreAuth(parseAs("store", params({ namespace: 2, ...extra })), NOW)),
      failed,
    );
  }
});

test("a group signs with the key in its ID and may not name another", () => {
  const own = { pubkey: group.id, namespace: 11, signature: group.sign(`store11${NOW}`) };
  assert.equal(checkStoreAuth(parseAs("store", params(own)), NOW), undefined);
  assert.equal(
    parseError({ ...own, pubkey_ed25519: group.ed25519Hex }),
    "invalid request: pubkey_ed25519 is only permitted for 05[...] pubkeys",
  );
});

test("a public outbox takes a subaccount only with both write and delete", () => {
  const attempt = (flags: number, namespace: number) => {
    const member = testSubaccount(group, { netid: 3, flags });
    const signature = member.sign(`store${namespace}${NOW}`);
    return checkStoreAuth(parseAs("store", params({ pubkey: group.id, namespace, signature, ...member.params })), NOW);
  };
  assert.equal(attempt(2, 11), undefined);
  assert.equal(attempt(1, 11)?.status, 401);
  assert.equal(attempt(2, -1)?.status, 401);
  assert.equal(attempt(6, -1), undefined);
});

test("the testing namespace takes nothing", () => {
  assert.equal(checkStoreAuth(parseAs("store", params({ namespace: -3741 })), NOW)?.status, 403);
});

test("a replica verifies the signature of a copy whatever the time", () => {
  const namespace = 5;
  const signature = user.sign(`store5${NOW}`);
  const request = parseAs("store", params({ namespace, signature, pubkey_ed25519: user.ed25519Hex }));
  assert.ok(verifyStore(request));
  assert.ok(!verifyStore({ ...request, sigTimestamp: NOW + 1 }));
  assert.ok(!verifyStore({ ...request, auth: undefined }));
});
