import assert from "node:assert/strict";
import { test } from "node:test";
import { type BInput, base32z, bdecode, bencode, decodeBase32z, decodeBase64, encodeBase64 } from "@swarmpost/encoding";
import { readJson } from "./recorded.ts";

const vectors = readJson<{
  base32z: {
    encode: { bytes: string; b32z: string }[];
    decode_extra: { bytes: string; b32z: string }[];
    invalid: string[];
  };
  base64: {
    pk: { hex: string; b64: string };
    accepts_unpadded: string[];
    accepts_nonzero_trailing_bits: Record<string, string>;
    rejects: string[];
  };
  bencode: { vectors: { value: BInput; bt: string }[] };
  onion_v4_bencode_examples: { requests: { bt: string }[]; responses: { bt: string }[] };
  derived_wire_examples: { omq_onion_bt: { fields: Record<string, string | number>; bt: string } };
}>("storage.json");

test("oxen-encoding's z-base-32 literals encode and decode", () => {
  for (const { bytes, b32z } of vectors.base32z.encode) {
    assert.equal(base32z(Buffer.from(bytes, "hex")), b32z);
    assert.equal(decodeBase32z(b32z)?.toString("hex"), bytes);
  }
  for (const { bytes, b32z } of vectors.base32z.decode_extra) {
    assert.equal(decodeBase32z(b32z)?.toString("hex"), bytes);
  }
  for (const text of vectors.base32z.invalid) assert.equal(decodeBase32z(text), undefined, text);
});

test("oxen-encoding's base64 literals are taken or refused alike", () => {
  const { pk, accepts_unpadded, accepts_nonzero_trailing_bits, rejects } = vectors.base64;
  assert.equal(encodeBase64(Buffer.from(pk.hex, "hex")), pk.b64);
  assert.equal(decodeBase64(pk.b64)?.toString("hex"), pk.hex);
  for (const text of accepts_unpadded)
    assert.equal(decodeBase64(text)?.toString("utf8"), "abcde".slice(0, text.length - 2));
  for (const [text, plain] of Object.entries(accepts_nonzero_trailing_bits)) {
    assert.equal(decodeBase64(text)?.toString("utf8"), plain);
  }
  for (const text of rejects) assert.equal(decodeBase64(text), undefined, text);
});

test("oxen-encoding's bencode literals encode, and decode to what encodes alike", () => {
  for (const { value, bt } of vectors.bencode.vectors) {
    const exact = typeof value === "string" ? BigInt(value) : value;
    assert.equal(bencode(exact).toString("latin1"), bt);
    assert.equal(bencode(bdecode(Buffer.from(bt, "latin1"))).toString("latin1"), bt);
  }
});

test("v4 examples of the file server are strict bencode of their parts", () => {
  const { requests, responses } = vectors.onion_v4_bencode_examples;
  for (const { bt } of [...requests, ...responses]) {
    const parts = bdecode(Buffer.from(bt, "utf8"));
    assert.ok(Array.isArray(parts) && Buffer.isBuffer(parts[0]));
    assert.ok(JSON.parse(parts[0].toString("utf8")));
    assert.equal(bencode(parts).toString("utf8"), bt);
  }
});

test("a dictionary with raw bytes encodes as upstream's hop message does", () => {
  const { fields, bt } = vectors.derived_wire_examples.omq_onion_bt;
  const { data_utf8: data, ephemeral_key: key, ...rest } = fields;
  const dictionary = { ...rest, data: `${data}`, ephemeral_key: Buffer.from(`${key}`, "hex") };
  assert.equal(bencode(dictionary).toString("hex"), bt);
});
