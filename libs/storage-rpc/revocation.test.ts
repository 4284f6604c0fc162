import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBase64 } from "@swarmpost/encoding";
import { checkRevocationAuth, signedRevocation, signedRevokedSubaccounts } from "./index.ts";
import { parse, parseAs, refusal, testAccount, testSubaccount } from "./test-account.ts";

const NOW = 1_800_000_000_000;
const account = testAccount("03", 1);
const token = (fill: number) => Buffer.alloc(36, fill);

function revocation(method: "revoke" | "unrevoke", tokens: readonly Buffer[], timestamp = NOW) {
  const name = `${method}_subaccount` as const;
  const signature = account.sign(signedRevocation(name, timestamp, tokens));
  return { pubkey: account.id, timestamp, [method]: tokens.map((each) => encodeBase64(each)), signature };
}

test("tokens come as base64 or hex, in a list or one alone", () => {
  const params = revocation("revoke", [token(1)]);
  for (const revoke of [[token(1).toString("hex")], token(1).toString("hex"), encodeBase64(token(1))]) {
    const request = parseAs("revoke_subaccount", { ...params, revoke });
    assert.deepEqual(request.tokens, [token(1)]);
    assert.equal(checkRevocationAuth(request, NOW), undefined);
  }
  const many = Array.from({ length: 100 }, (_, i) => token(i));
  assert.equal(parseAs("unrevoke_subaccount", revocation("unrevoke", many)).tokens.length, 100);
});

test("what is no list of tokens is refused", () => {
  const text = (method: string, params: object) => refusal(() => parse(method, params))?.[1];
  const params = revocation("revoke", [token(1)]);
  const invalid = "invalid request: invalid revoke:";
  const shape = `${invalid} expected base64 or hex-encoded subaccount tag`;
  assert.equal(text("revoke_subaccount", { ...params, revoke: ["AAAA"] }), shape);
  const kind = "invalid request: Invalid value given for 'revoke': expected string array";
  assert.equal(text("revoke_subaccount", { ...params, revoke: 5 }), kind);
  const tooMany = Array.from({ length: 51 }, (_, i) => encodeBase64(token(i)));
  assert.equal(
    text("revoke_subaccount", { ...params, revoke: tooMany }),
    `${invalid} cannot revoke more than 50 subaccounts at once`,
  );
  for (const missing of ["revoke", "timestamp", "signature"]) {
    const { [missing]: _, ...rest } = params as Record<string, unknown>;
    assert.equal(text("revoke_subaccount", rest), `invalid request: Required field '${missing}' missing`);
  }
  assert.equal(
    text("revoke_subaccount", { ...params, revoke: [] }),
    "invalid request: Required field 'revoke' missing",
  );
});

test("the time is looked at before the signature, and only the account itself may sign", () => {
  const wrong = { ...revocation("revoke", [token(1)]), signature: account.sign("something else") };
  const check = (params: object, nowMs: number) =>
    refusal(() => checkRevocationAuth(parseAs("revoke_subaccount", params), nowMs));
  assert.deepEqual(check(wrong, NOW + 60_001), [406, "revoke_subaccount timestamp too far from current time"]);
  assert.deepEqual(check(wrong, NOW + 60_000), [401, "revoke_subaccount signature verification failed"]);
  const member = testSubaccount(account, { netid: 3, flags: 15 });
  const signature = member.sign(`revoked_subaccounts${NOW}`);
  const byMember = { pubkey: account.id, timestamp: NOW, ...member.params, signature };
  assert.deepEqual(
    refusal(() => checkRevocationAuth(parseAs("revoked_subaccounts", byMember), NOW)),
    [401, "revoked_subaccounts signature verification failed"],
  );
  const own = { pubkey: account.id, timestamp: NOW, signature: account.sign(signedRevokedSubaccounts(NOW)) };
  assert.equal(checkRevocationAuth(parseAs("revoked_subaccounts", own), NOW), undefined);
});
