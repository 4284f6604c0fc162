import assert from "node:assert/strict";
import { test } from "node:test";
import { frame } from "@swarmpost/encoding";
import * as fc from "fast-check";
import { decodeHopFrame, encodeHopFrame, OnionError, parseInner, parseOnionRequest } from "./index.ts";

const key = "ab".repeat(32);
const outer = (json: unknown) => parseOnionRequest(frame(Buffer.from("blob"), JSON.stringify(json)));

test("a malformed outer frame names what is wrong in the text of the 400 answer", () => {
  const cases: readonly (readonly [Buffer, string])[] = [
    [Buffer.alloc(0), "Unexpected payload size; expected ciphertext size"],
    [Buffer.from([1, 0, 0]), "Unexpected payload size; expected ciphertext size"],
    [Buffer.from([255, 255, 255, 255, 1, 2, 3]), "Unexpected payload size 3, expected >= 4294967295"],
    [frame(Buffer.alloc(3), "not json"), "invalid json"],
    [frame(Buffer.alloc(3), "[1]"), "invalid json"],
    [frame(Buffer.alloc(3), ""), "invalid json"],
    [frame(Buffer.alloc(3), `{"ephemeral_key":"${key}","x":"${"x".repeat(70_000)}"}`), "invalid json"],
    [frame(Buffer.alloc(3), "{}"), "missing ephemeral_key"],
    [frame(Buffer.alloc(3), `{"ephemeral_key":"zz"}`), "invalid ephemeral_key"],
    [frame(Buffer.alloc(3), `{"ephemeral_key":"${key}","enc_type":"rot13"}`), "invalid enc_type"],
    [frame(Buffer.alloc(3), `{"ephemeral_key":"${key}","enc_type":7}`), "invalid enc_type"],
    [frame(Buffer.alloc(3), `{"ephemeral_key":"${key}","hop_no":"1"}`), "invalid hop_no"],
  ];
  for (const [body, what] of cases) {
    const expected = { name: "OnionError", code: "malformed", message: `Error parsing onion request: ${what}` };
    assert.throws(() => parseOnionRequest(body), expected);
  }
});

test("the cipher defaults to aes-gcm, names have aliases and the hop number is clamped", () => {
  assert.equal(outer({ ephemeral_key: key }).encType, "aes-gcm");
  assert.equal(outer({ ephemeral_key: key.toUpperCase(), enc_type: "gcm" }).encType, "aes-gcm");
  assert.equal(outer({ ephemeral_key: key, enc_type: "cbc" }).encType, "aes-cbc");
  assert.equal(outer({ ephemeral_key: key, enc_type: "xchacha20-poly1305" }).encType, "xchacha20");
  assert.equal(outer({ ephemeral_key: key }).hopNo, 0);
  assert.equal(outer({ ephemeral_key: key, hop_no: -4 }).hopNo, 0);
  assert.equal(outer({ ephemeral_key: key, hop_no: 14 }).hopNo, 14);
  assert.equal(outer({ ephemeral_key: key, hop_no: 1e9 }).hopNo, 255);
});

test("a layer whose JSON lacks what its role needs is invalid json", () => {
  const bad = [
    {},
    { destination: key },
    { destination: "xy", ephemeral_key: key },
    { destination: key, ephemeral_key: key, enc_type: "none" },
    { host: "h" },
    { host: "h", target: "/t", port: 0 },
    { host: "h", target: "/t", port: "443" },
    { host: 5, target: "/t" },
    { headers: "", json: 1 },
    { headers: "", base64: "yes" },
  ];
  for (const json of bad) {
    assert.throws(() => parseInner(frame(Buffer.alloc(1), JSON.stringify(json))), { code: "invalid-json" });
  }
  assert.throws(() => parseInner(Buffer.from("short")), OnionError);
});

test("the presence of headers makes a layer final whatever else it names", () => {
  const inner = parseInner(frame(Buffer.from("{}"), `{"host":"h","destination":"d","headers":null,"json":true}`));
  assert.ok(inner.kind === "final" && inner.json && inner.base64);
});

test("random bytes never give anything but a coded error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const parse of [parseOnionRequest, parseInner]) {
        try {
          parse(Buffer.from(bytes));
        } catch (error) {
          assert.ok(error instanceof OnionError);
        }
      }
      decodeHopFrame(Buffer.from(bytes));
    }),
  );
});

test("a hop frame reads back as it was written and a short or unknown one does not read", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("aes-gcm", "aes-cbc", "xchacha20"),
      fc.integer({ min: 0, max: 255 }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ maxLength: 100 }),
      (encType, hopNo, ephemeralKey, ciphertext) => {
        const request = {
          encType,
          hopNo,
          ephemeralKey: Buffer.from(ephemeralKey),
          ciphertext: Buffer.from(ciphertext),
        };
        assert.deepEqual(decodeHopFrame(encodeHopFrame(request)), request);
      },
    ),
  );
  assert.equal(decodeHopFrame(Buffer.alloc(33)), undefined);
  assert.equal(decodeHopFrame(Buffer.alloc(40, 9)), undefined);
});
