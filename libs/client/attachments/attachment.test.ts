import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import { assert as check, asyncProperty, nat, property, uint8Array, integer } from "fast-check";
import { randomBytes } from "@swarmpost/crypto";
import { openAttachment, sealAttachment } from "./attachment.ts";
import { formatFileUrl, parseFileUrl } from "./file-url.ts";
import { LegacyAttachmentSealer, legacyPaddedSize, openLegacyAttachment } from "./legacy-attachment.ts";
import { MAX_STREAM_BYTES, openStream, sealStream, streamKey, streamSealedSize } from "./stream-attachment.ts";

const seed = randomBytes(32);
const url = "http://files.example/file/1";

async function all(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(pieces));
}

test("both formats give any file back, and nothing of it when a byte was changed", async () => {
  await check(
    asyncProperty(uint8Array({ maxLength: 100_000 }), nat(), async (data, place) => {
      for (const format of ["legacy", "stream"] as const) {
        const { file, keys } = await sealAttachment(data, { format, seed });
        const attachment = { url, ...keys };
        assert.deepEqual(await openAttachment(file, attachment), Buffer.from(data));
        const changed = Buffer.from(file);
        const index = place % file.length;
        changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
        await assert.rejects(openAttachment(changed, attachment), { code: "bad-attachment" });
        const cut = file.subarray(0, index);
        await assert.rejects(openAttachment(cut, attachment), { code: "bad-attachment" });
      }
    }),
    { numRuns: 15 },
  );
});

test("a file of several chunks is sealed and opened as a stream, however its bytes come", async () => {
  const data = randomBytes(200_000);
  const pieces = (size: number): Buffer[] =>
    Array.from({ length: Math.ceil(data.length / size) }, (_, i) => data.subarray(i * size, (i + 1) * size));
  const made = await streamKey(() => pieces(70_001), seed, "attachment");
  const file = await all(sealStream(() => pieces(999), made));
  assert.equal(file.length, streamSealedSize(data.length));
  const cut = Array.from({ length: Math.ceil(file.length / 5_000) }, (_, i) =>
    file.subarray(i * 5_000, (i + 1) * 5_000),
  );
  assert.deepEqual(await all(openStream(cut, made.key)), data);
});

test("the newer format is the same for the same file and account, and for nothing else", async () => {
  const seal = async (data: string, by: Buffer) =>
    (await sealAttachment(Buffer.from(data), { format: "stream", seed: by })).file.toString("hex");
  assert.equal(await seal("one", seed), await seal("one", seed));
  assert.notEqual(await seal("one", seed), await seal("two", seed));
  assert.notEqual(await seal("one", seed), await seal("one", randomBytes(32)));
  const [picture, file] = await Promise.all(
    (["profile-picture", "attachment"] as const).map((domain) => streamKey(() => [Buffer.from("one")], seed, domain)),
  );
  assert.notDeepEqual(picture?.key, file?.key);
});

test("a file that is too large is refused before it is sealed", async () => {
  assert.throws(() => new LegacyAttachmentSealer(10_000_001), { code: "attachment-too-large" });
  const endless = function* (): Generator<Buffer> {
    for (;;) yield Buffer.alloc(1_000_000);
  };
  await assert.rejects(streamKey(endless, seed, "attachment"), { code: "attachment-too-large" });
  assert.ok(streamSealedSize(MAX_STREAM_BYTES) < 10_485_760);
});

test("a file that is not as long as was said is not sealed", () => {
  const sealer = new LegacyAttachmentSealer(3);
  assert.throws(() => sealer.final(), { code: "bad-attachment" });
  assert.throws(() => sealer.update(Buffer.alloc(4)), { code: "bad-attachment" });
});

test("padded sizes never fall below the content, nor far above it", () => {
  check(
    property(integer({ min: 542, max: 9_000_000 }), (size) => {
      assert.ok(legacyPaddedSize(size) >= size && legacyPaddedSize(size) <= size * 1.06);
      assert.ok(streamSealedSize(size) > size);
    }),
  );
});

test("a file's address is read as it was written, and nothing else is one", () => {
  const parts = { server: "http://files.example", id: "aB-_9", pubkey: "ab".repeat(32), deterministic: true };
  assert.equal(formatFileUrl(parts), `http://files.example/file/aB-_9#p=${"ab".repeat(32)}&d`);
  assert.deepEqual(parseFileUrl(formatFileUrl(parts)), parts);
  assert.deepEqual(parseFileUrl(url), { server: "http://files.example", id: "1", deterministic: false });
  for (const bad of ["", "file/1", "ftp://x/file/1", "http://x/file/", "http://x/file/1/extend", "http://x/file/.."]) {
    assert.throws(() => parseFileUrl(bad), { code: "bad-attachment" });
  }
});

test("a file whose sender chose bytes that open to no padding is a bad attachment, not a crash", () => {
  const key = randomBytes(64);
  const iv = randomBytes(16);
  for (let tries = 0; tries < 20; tries++) {
    const sealed = randomBytes(64);
    const mac = createHmac("sha256", key.subarray(32)).update(iv).update(sealed).digest();
    const file = Buffer.concat([iv, sealed, mac]);
    const digest = createHash("sha256").update(file).digest();
    assert.throws(() => openLegacyAttachment(file, { key, digest, size: 64 }), {
      name: "ClientError",
      code: "bad-attachment",
    });
  }
});
