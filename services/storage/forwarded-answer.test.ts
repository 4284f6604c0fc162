import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId, messageHash, namespace, retrieveReply } from "@swarmpost/storage-rpc";
import { readForwarded } from "./forwarded-answer.ts";

const request = { account: accountId(`05${"1".repeat(64)}`), namespace: namespace(2) };
const data = Buffer.from("kept");
const hash = messageHash(request.account, request.namespace, data);
const good = retrieveReply([{ hash, timestamp: 5, expiry: 9, data }], true, 1_000);

function read(status: unknown, body: unknown): unknown {
  return readForwarded(Buffer.from(JSON.stringify({ status, body })), request, 2_000);
}

test("a holder's answer is passed on with the time of this node", () => {
  assert.deepEqual(read(200, good), { ...good, t: 2_000 });
  assert.deepEqual(read(200, { ...good, messages: [], extra: "x" }), { ...good, messages: [], t: 2_000 });
});

test("an error, another shape, and bytes that are not the message's are no answer", () => {
  for (const bytes of ["", "{", "null", "[]", "7", '{"status":200}']) {
    assert.equal(readForwarded(Buffer.from(bytes), request, 0), undefined);
  }
  for (const status of [500, 503, 421, "200", null, 1e9]) assert.equal(read(status, good), undefined);
  for (const body of ["text", null, [], {}, { messages: [] }, { messages: {}, more: false }, { ...good, more: 1 }]) {
    assert.equal(read(200, body), undefined);
  }
  const [message] = good.messages;
  const changes = [
    { data: "AAAA" },
    { data: "%" },
    { data: 1 },
    { hash: "x" },
    { timestamp: "5" },
    { expiration: 1.5 },
  ];
  for (const change of changes) {
    assert.equal(read(200, { ...good, messages: [message, { ...message, ...change }] }), undefined);
  }
  assert.equal(read(200, { ...good, messages: [null] }), undefined);
});
