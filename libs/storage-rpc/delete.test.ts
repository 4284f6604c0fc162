import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDeleteAuth, MAX_DELETE_HASHES } from "./index.ts";
import { parse, parseAs, refusal, testAccount, testSubaccount } from "./test-account.ts";

const A = "bepQtTaYrzcuCXO3fZkmk/h3xkMQ3vCh94i5HzLmj3I";
const B = "garbageYrzcuCXO3fZkmk/h3xkMQ3vCh94i5HzLmj3I";
const user = testAccount("05", 1);
const group = testAccount("03", 2);

function params(messages: unknown, extra: object = {}) {
  const signature = user.sign(`delete${Array.isArray(messages) ? messages.join("") : messages}`);
  return { pubkey: user.id, pubkey_ed25519: user.ed25519Hex, messages, signature, ...extra };
}

test("hashes keep their order and repetition, since they are signed", () => {
  const request = parseAs("delete", params([B, A, B]));
  assert.deepEqual(request.messages, [B, A, B]);
  assert.equal(request.required, false);
  assert.equal(checkDeleteAuth(request), undefined);
  assert.deepEqual(
    refusal(() => checkDeleteAuth({ ...request, messages: request.messages.toReversed().slice(1) })),
    [401, "delete_msgs signature verification failed"],
  );
});

test("a single hash may stand without its list", () => {
  const request = parseAs("delete", params(A, { required: true }));
  assert.deepEqual([request.messages, request.required], [[A], true]);
  assert.equal(checkDeleteAuth(request), undefined);
});

test("missing, empty and malformed hashes and a missing signature are refused", () => {
  const text = (messages: unknown, extra: object = {}) =>
    refusal(() => parseAs("delete", params(messages, extra)))?.[1];
  assert.equal(text(null), "invalid request: Required field 'messages' missing");
  assert.equal(text([]), "invalid request: messages does not contain any message hashes");
  for (const bad of ["", "abc", `${A}=`]) assert.equal(text([A, bad]), `invalid request: invalid message hash: ${bad}`);
  const kind = "invalid request: Invalid value given for 'messages': expected string array";
  for (const bad of [7, null, [A]]) assert.equal(text([A, bad]), kind);
  assert.equal(text(null, { signature: null }), "invalid request: Required field 'signature' missing");
  assert.equal(text([A], { signature: null }), "invalid request: Required field 'signature' missing");
  assert.equal(text([A], { required: 1 }), "invalid request: Invalid value given for 'required': expected boolean");
});

test("a subaccount deletes only with the delete flag", () => {
  const attempt = (flags: number) => {
    const member = testSubaccount(group, { netid: 3, flags });
    const request = { pubkey: group.id, messages: [A], signature: member.sign(`delete${A}`), ...member.params };
    return checkDeleteAuth(parseAs("delete", request))?.status;
  };
  assert.equal(attempt(3), 401);
  assert.equal(attempt(4), undefined);
});

test("a request names at most 10,000 messages, and so does a batch of them", () => {
  const many = (length: number) => params(Array.from({ length }, () => A));
  assert.equal(parseAs("delete", many(MAX_DELETE_HASHES)).messages.length, MAX_DELETE_HASHES);
  assert.deepEqual(
    refusal(() => parseAs("delete", many(MAX_DELETE_HASHES + 1))),
    [400, "invalid request: Invalid value given for 'messages': expected at most 10000 message hashes"],
  );
  const batch = (...lengths: number[]) => ({
    requests: lengths.map((length) => ({ method: "delete", params: many(length) })),
  });
  assert.equal(
    refusal(() => parse("batch", batch(4_000, 6_000))),
    undefined,
  );
  for (const method of ["batch", "sequence"]) {
    assert.deepEqual(
      refusal(() => parse(method, batch(4_000, 6_001))),
      [400, "invalid request: Invalid batch request: more than 10000 message hashes to delete"],
    );
  }
});
