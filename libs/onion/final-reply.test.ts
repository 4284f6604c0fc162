import assert from "node:assert/strict";
import { test } from "node:test";
import { serverChannelKey, x25519KeyPair } from "@swarmpost/crypto";
import { encodeFinalReply } from "./index.ts";

const [node, client] = [x25519KeyPair(), x25519KeyPair()];
const key = serverChannelKey("aes-gcm", node.secretKey, node.publicKey, client.publicKey);
const open = (reply: Buffer) => JSON.parse(key.open(reply)?.toString("utf8") ?? "") as unknown;

test("the body is a string by default, an object when the client asks and it is one, never for an error text", () => {
  const raw = { json: false, base64: false };
  const answer = { status: 200, body: `{"t":1}`, json: true };
  assert.deepEqual(open(encodeFinalReply(answer, raw, key)), { status: 200, body: `{"t":1}` });
  assert.deepEqual(open(encodeFinalReply(answer, { ...raw, json: true }, key)), { status: 200, body: { t: 1 } });
  const error = { status: 400, body: 'no "method"' };
  assert.deepEqual(open(encodeFinalReply(error, { ...raw, json: true }, key)), error);
});

test("the reply is padded base64 text unless the client wants raw bytes", () => {
  const text = encodeFinalReply({ status: 200, body: "x" }, { json: false, base64: true }, key).toString("latin1");
  assert.match(text, /^[A-Za-z0-9+/]+={0,2}$/);
  assert.equal(text.length % 4, 0);
  assert.deepEqual(open(Buffer.from(text, "base64")), { status: 200, body: "x" });
});
