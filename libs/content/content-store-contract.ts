import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import type { ContentStore } from "./content-store.ts";

/** Adds the tests that every place for content passes. `unfinished` lists what is kept that no reader can see. */
export function contentStoreContract(subject: () => { store: ContentStore; unfinished: () => Promise<number> }): void {
  const read = async (name: string) => await buffer(await subject().store.open(name));
  const put = async (name: string, body: Buffer) =>
    await subject().store.put(name, Readable.from(chunksOf(body), { objectMode: false }));

  test("content comes back byte for byte, small, large and empty", async () => {
    for (const [name, size] of Object.entries({ small: 10, "large_-": 11_000_003, none: 0 })) {
      const body = randomBytes(size);
      await put(name, body);
      assert.ok(body.equals(await read(name)), name);
    }
  });

  test("a part of it is read alone", async () => {
    const body = randomBytes(1000);
    await put("parts", body);
    for (const range of [
      { start: 0, end: 4 },
      { start: 10, end: 99 },
      { start: 999, end: 999 },
    ]) {
      const part = await buffer(await subject().store.open("parts", range));
      assert.deepEqual(part, body.subarray(range.start, range.end + 1));
    }
  });

  test("what is put again is replaced", async () => {
    await put("again", Buffer.from("first"));
    await put("again", Buffer.from("then"));
    assert.equal((await read("again")).toString(), "then");
  });

  test("what is removed is not found, and is removed once more without complaint", async () => {
    await put("gone", Buffer.from("x"));
    await subject().store.remove("gone");
    await assert.rejects(subject().store.open("gone"), { name: "ContentError", code: "not-found" });
    await subject().store.remove("gone");
    await assert.rejects(subject().store.open("never"), { code: "not-found" });
  });

  test("a body that fails is not there, leaves nothing behind, and its error is passed on", async () => {
    for (const size of [10, 6_000_000]) {
      const failing = Readable.from(
        (async function* () {
          yield randomBytes(size);
          throw new RangeError("the sender has gone");
        })(),
        { objectMode: false },
      );
      await assert.rejects(subject().store.put("half", failing), { name: "RangeError" });
      await assert.rejects(subject().store.open("half"), { code: "not-found" });
      assert.equal(await subject().unfinished(), 0);
    }
  });

  test("a body that fails leaves what was there before", async () => {
    await put("kept", Buffer.from("before"));
    const failing = new Readable({
      read() {
        this.destroy(new RangeError("no"));
      },
    });
    await assert.rejects(subject().store.put("kept", failing), { name: "RangeError" });
    assert.equal((await read("kept")).toString(), "before");
  });

  test("twenty bodies at once are kept apart", async () => {
    const bodies = Array.from({ length: 20 }, () => randomBytes(50_000));
    await Promise.all(bodies.map((body, i) => put(`many${i}`, body)));
    for (const [i, body] of bodies.entries()) assert.ok(body.equals(await read(`many${i}`)));
  });
}

function* chunksOf(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536);
}
