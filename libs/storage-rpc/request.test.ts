import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseRequest, RpcError } from "./index.ts";
import { parse, refusal, testAccount } from "./test-account.ts";

const account = testAccount("05", 1);

test("what is not a JSON object is refused as invalid json", () => {
  for (const text of ["", "{", "nonsense", "[]", "null", "1", '"store"']) {
    assert.deepEqual(
      refusal(() => parseRequest(text)),
      [400, "invalid json"],
      text,
    );
  }
  assert.deepEqual(
    refusal(() => parseRequest(Buffer.from([0xff, 0xfe]))),
    [400, "invalid json"],
  );
});

test("a missing method, missing params and an unknown method each have their text", () => {
  assert.deepEqual(
    refusal(() => parseRequest("{}")),
    [400, "invalid json: no `method` field"],
  );
  assert.deepEqual(
    refusal(() => parse("store", undefined)),
    [400, "invalid json: no `params` field"],
  );
  assert.deepEqual(
    refusal(() => parse("store", [])),
    [400, "invalid json: no `params` field"],
  );
  for (const name of ["nope", "toString", "__proto__", ""]) {
    assert.deepEqual(
      refusal(() => parse(name, {})),
      [400, `no method ${name}`],
    );
  }
});

test("get_swarm has an alias, takes both spellings of pubkey and ignores what else is sent", () => {
  const expected = { method: "get_swarm", account: account.id };
  assert.deepEqual(parse("get_swarm", { pubkey: account.id, params: { active_only: true } }), expected);
  assert.deepEqual(parse("get_snodes_for_pubkey", { pubKey: account.id.toUpperCase() }), expected);
  assert.deepEqual(parse("get_swarm", { pubkey: null, pubKey: account.id }), expected);
});

test("a pubkey that is missing, doubled or malformed has upstream's text", () => {
  const text = (params: object) => refusal(() => parse("get_swarm", params))?.[1];
  assert.equal(text({}), "invalid request: Required field 'pubkey' missing");
  assert.equal(
    text({ pubkey: account.id, pubKey: account.id }),
    "invalid request: Cannot specify both 'pubkey' and 'pubKey'",
  );
  assert.equal(text({ pubkey: 5 }), "invalid request: Invalid value given for 'pubkey': expected string");
  for (const pubkey of ["", "05", account.id.slice(2), `${account.id}00`, `0x${account.id.slice(2)}`]) {
    assert.equal(text({ pubkey }), "invalid request: Pubkey must be 66 hex digits/33 bytes long");
    const other = refusal(() => parse("retrieve", { pubkey }))?.[1];
    assert.equal(other, "invalid request: Pubkey must be 66 hex digits (33 bytes) long");
  }
});

test("info needs params but looks at none", () => {
  assert.deepEqual(parse("info", { anything: 1 }), { method: "info" });
});

test("bytes and text of the same request parse alike, wherever the bytes lie", () => {
  const text = JSON.stringify({ jsonrpc: "2.0", id: 7, method: "get_swarm", params: { pubkey: account.id } });
  const padded = new TextEncoder().encode(`xx${text}`);
  assert.deepEqual(parseRequest(padded.subarray(2)), parseRequest(text));
});

test("any JSON is parsed or refused with a 400, never anything else", () => {
  const names = fc.constantFrom("store", "retrieve", "delete", "get_swarm", "info", "batch", "sequence");
  const keys = fc.constantFrom("pubkey", "timestamp", "ttl", "expiry", "data", "namespace", "messages", "signature");
  const params = fc.dictionary(keys, fc.oneof(fc.jsonValue(), fc.constant(account.id), fc.constant(1_700_000_000_000)));
  fc.assert(
    fc.property(names, fc.oneof(params, fc.jsonValue()), (method, value) => {
      try {
        parse(method, value);
      } catch (error) {
        assert.ok(error instanceof RpcError && error.status === 400);
        assert.doesNotMatch(error.message, /05/);
      }
    }),
    { numRuns: 500 },
  );
});
