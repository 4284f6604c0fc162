import assert from "node:assert/strict";
import { test } from "node:test";
import {
  randomBytes,
  SecretStream,
  STREAM_CHUNK_OVERHEAD,
  XCHACHA_NONCE_BYTES,
  xchachaOpen,
  xchachaSeal,
} from "./index.ts";

const [header, key] = [randomBytes(24), randomBytes(32)];

test("a stream opens chunk by chunk in its order, and tells its end", () => {
  const [writer, reader] = [new SecretStream(header, key), new SecretStream(header, key)];
  const sealed = [writer.push(Buffer.from("one"), { last: false }), writer.push(Buffer.from("two"), { last: true })];
  assert.deepEqual(
    sealed.map((chunk) => chunk.length - STREAM_CHUNK_OVERHEAD),
    [3, 3],
  );
  assert.equal(new SecretStream(header, key).pull(sealed[1] as Buffer), undefined, "out of turn");
  assert.deepEqual(
    sealed.map((chunk) => reader.pull(chunk)),
    [
      { chunk: Buffer.from("one"), last: false },
      { chunk: Buffer.from("two"), last: true },
    ],
  );
});

test("a stream is the same for the same header and key, and opens with no other", () => {
  const chunk = new SecretStream(header, key).push(Buffer.from("same"), { last: true });
  assert.deepEqual(new SecretStream(header, key).push(Buffer.from("same"), { last: true }), chunk);
  assert.equal(new SecretStream(header, randomBytes(32)).pull(chunk), undefined);
  assert.equal(new SecretStream(header, key).pull(Buffer.alloc(3)), undefined);
});

test("XChaCha20-Poly1305 opens what it sealed and nothing that was changed", () => {
  const nonce = randomBytes(XCHACHA_NONCE_BYTES);
  const sealed = xchachaSeal(key, nonce, Buffer.from("plain"));
  assert.deepEqual(xchachaOpen(key, nonce, sealed), Buffer.from("plain"));
  sealed.writeUInt8(sealed.readUInt8(0) ^ 1, 0);
  assert.equal(xchachaOpen(key, nonce, sealed), undefined);
  assert.equal(xchachaOpen(key, nonce, Buffer.alloc(15)), undefined);
});
