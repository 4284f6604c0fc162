import assert from "node:assert/strict";
import { test } from "node:test";
import { waits } from "./index.ts";
import { parse, parseAs, refusal, testAccount } from "./test-account.ts";

const info = { method: "info", params: {} };
const account = testAccount("05", 1);

function text(method: string, params: object): string | undefined {
  return refusal(() => parse(method, params))?.[1];
}

test("up to 20 subrequests are parsed in order", () => {
  const swarm = { method: "get_swarm", params: { pubkey: account.id } };
  const request = parseAs("batch", { requests: [info, swarm] });
  assert.deepEqual(request.requests, [{ method: "info" }, { method: "get_swarm", account: account.id }]);
  assert.equal(parseAs("sequence", { requests: Array.from({ length: 20 }, () => info) }).requests.length, 20);
});

for (const method of ["batch", "sequence"]) {
  test(`${method} refuses none, too many, shapeless, unknown and nested subrequests`, () => {
    const none = 'invalid request: Invalid batch request: no valid "requests" field';
    assert.equal(text(method, {}), none);
    assert.equal(text(method, { requests: {} }), none);
    assert.equal(text(method, { requests: [] }), none);
    assert.equal(
      text(method, { requests: Array.from({ length: 21 }, () => info) }),
      "invalid request: Invalid batch request: subrequest limit exceeded",
    );
    for (const item of [null, 1, [info]]) {
      const objects = "invalid request: Invalid batch request: requests must be objects";
      assert.equal(text(method, { requests: [info, item] }), objects);
    }
    for (const item of [{}, { method: "info" }, { params: {} }, { method: 1, params: {} }]) {
      assert.equal(
        text(method, { requests: [info, item] }),
        "invalid request: Invalid batch request: subrequests must have method/params keys",
      );
    }
    assert.equal(
      text(method, { requests: [{ method: "nope", params: {} }] }),
      'invalid request: Invalid batch subrequest: invalid method "nope"',
    );
    for (const meta of ["batch", "sequence", "ifelse"]) {
      assert.equal(
        text(method, { requests: [{ method: meta, params: { requests: [info] } }] }),
        "invalid request: Invalid batch subrequest: subrequests may not contain meta-requests",
      );
    }
  });

  test(`one malformed subrequest refuses the whole ${method}`, () => {
    const bad = { method: "get_swarm", params: { pubkey: "05" } };
    assert.equal(
      text(method, { requests: [info, bad] }),
      "invalid request: Pubkey must be 66 hex digits/33 bytes long",
    );
  });
}

test("a batch may wait for messages, a sequence may not: its waits would add up", () => {
  const signed = { timestamp: 1_700_000_000_000, signature: account.sign("any"), pubkey_ed25519: account.ed25519Hex };
  const wait = (ms: number) => ({ method: "retrieve", params: { pubkey: account.id, ...signed, wait: ms } });
  assert.equal(waits(parseAs("batch", { requests: [info, wait(20_000)] })), true);
  assert.equal(waits(parseAs("sequence", { requests: [info, wait(0)] })), false);
  assert.equal(
    text("sequence", { requests: [info, wait(1)] }),
    "invalid request: Invalid batch request: wait is not permitted in a sequence",
  );
});
