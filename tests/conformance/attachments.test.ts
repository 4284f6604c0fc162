import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  LegacyAttachmentSealer,
  legacyPaddedSize,
  openLegacyAttachment,
  sealAttachment,
  streamSealedSize,
} from "@swarmpost/client";

// Entries of client.json about attachments.

const file = new URL("./vectors/client.json", import.meta.url);
const vectors: (Record<string, string & number> & { kind: string })[] = JSON.parse(readFileSync(file, "utf8")).vectors;
const ofKind = (kind: string) => vectors.filter((vector) => vector.kind === kind);
const hex = (text: string | undefined): Buffer => Buffer.from(text ?? "", "hex");

test("legacy_attachment_padding: a file is padded as Session Desktop pads it", () => {
  const cases = ofKind("legacy_attachment_padding");
  assert.equal(cases.length, 12);
  for (const vector of cases) assert.equal(legacyPaddedSize(vector["size"] ?? 0), vector["padded"]);
});

test("legacy_attachment_aes_cbc_hmac: the same file, keys and IV give the same upload, which opens", () => {
  for (const vector of ofKind("legacy_attachment_aes_cbc_hmac")) {
    const content = Buffer.from(vector["plaintext_utf8"] ?? "");
    assert.equal(legacyPaddedSize(content.length), vector["padded_len"]);
    const sealer = new LegacyAttachmentSealer(content.length, {
      key: hex(vector["key64_hex"]),
      iv: hex(vector["iv_hex"]),
    });
    const sealed = Buffer.concat([sealer.update(content), sealer.final()]);
    assert.equal(sealed.toString("hex"), vector["ciphertext_hex"]);
    assert.equal(sealer.keys().digest.toString("hex"), vector["sha256_digest_hex"]);
    assert.deepEqual(openLegacyAttachment(hex(vector["ciphertext_hex"]), sealer.keys()), content);
  }
});

test("stream_attachment_encrypted_size: an upload in the newer format has libsession's size", async () => {
  for (const vector of ofKind("stream_attachment_encrypted_size")) {
    const size = vector["plaintext_size"] ?? -1;
    assert.equal(streamSealedSize(size), vector["encrypted_size"]);
    if (size > 1_000_000) continue;
    const { file: sealed } = await sealAttachment(Buffer.alloc(size), { format: "stream", seed: Buffer.alloc(32) });
    assert.equal(sealed.length, vector["encrypted_size"]);
  }
});
