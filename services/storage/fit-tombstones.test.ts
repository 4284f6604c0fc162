import assert from "node:assert/strict";
import { test } from "node:test";
import { fitting, MAX_REQUEST_BYTES } from "./fit-tombstones.ts";
import type { TombstoneEntry } from "./message-key.ts";

const account = Buffer.alloc(33, 5);
const stamp = { ms: 1, node: Buffer.alloc(32) };

function tombstone(request: number): TombstoneEntry {
  const deletion = Buffer.alloc(32, request);
  return { account, hash: Buffer.alloc(32), stamp, expiryMs: 2, deletion };
}

/** A table of requests of one size that remembers how many bytes were read from it. */
class Requests {
  read = 0;
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  async requestSizes(ids: readonly Buffer[]) {
    return new Map(ids.map((id) => [id.toString("latin1"), this.#size]));
  }

  async deletions(ids: readonly Buffer[]) {
    this.read += ids.length * this.#size;
    return ids.map((id) => ({ id, account, request: Buffer.alloc(this.#size) }));
  }
}

test("of a page of tombstones only the requests that go into one frame are read", async () => {
  const requests = new Requests(MAX_REQUEST_BYTES / 4);
  let rest = Array.from({ length: 100 }, (_, i) => tombstone(i));
  for (let frames = 1; rest.length > 0; frames++) {
    const { tombstones, deletions } = await fitting(rest, requests);
    assert.deepEqual([tombstones.length, deletions.length], [4, 4]);
    assert.equal(requests.read, frames * MAX_REQUEST_BYTES);
    rest = rest.slice(tombstones.length);
  }
});

test("tombstones of one request share it, and one that is too long goes alone", async () => {
  const shared = await fitting(
    Array.from({ length: 1_000 }, () => tombstone(1)),
    new Requests(MAX_REQUEST_BYTES),
  );
  assert.deepEqual([shared.tombstones.length, shared.deletions.length], [1_000, 1]);
  const long = await fitting([tombstone(1), tombstone(2)], new Requests(MAX_REQUEST_BYTES + 1));
  assert.deepEqual([long.tombstones.length, long.deletions.length], [1, 1]);
});
