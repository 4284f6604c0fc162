import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type Owner, sessionAccount } from "./account.ts";
import type { Caller } from "./caller.ts";
import type { Line } from "./line.ts";
import { hashesOf, type Page, retrieved, unsignedStore } from "./messages.ts";

const COUNT = 120;
const SIZE = 70_000;

/** An account with many large messages: stored once, read by every line of this file. */
class FullInbox {
  readonly account: Owner = sessionAccount();
  readonly hashes: string[] = [];
  #filled: Promise<void> | undefined;

  fill(rpc: Caller): Promise<void> {
    return (this.#filled ??= this.#fill(rpc));
  }

  /** One after the other, so that their order is known. */
  async #fill(rpc: Caller): Promise<void> {
    for (let i = 0; i < COUNT; i++) {
      const answer = await rpc.call<{ hash: string }>("store", unsignedStore(this.account, randomBytes(SIZE)));
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      this.hashes.push(answer.body.hash);
    }
  }
}

/** test_big_retrieve.py of the reference server. */
export function bigRetrieve(line: Line): void {
  const inbox = new FullInbox();
  const page = (rpc: Caller, more: object): Promise<Page> => retrieved(rpc, inbox.account, more);

  line("test_big_retrieve.count", async (rpc) => {
    await inbox.fill(rpc);
    const found: string[] = [];
    for (const [max_count, expected, more] of [
      [5, 5, true],
      [50, 50, true],
      [60, 60, true],
      [10, 5, false],
    ] as const) {
      const answer = await page(rpc, { max_count, last_hash: found.at(-1) ?? "" });
      assert.deepEqual([answer.messages.length, answer.more], [expected, more]);
      found.push(...hashesOf(answer));
    }
    assert.deepEqual(found, inbox.hashes);
    assert.equal((await page(rpc, { max_count: 1 })).messages.length, 1);
    assert.equal((await page(rpc, { max_count: -3 })).messages.length, 1);
    assert.equal((await page(rpc, { max_count: 1_000 })).messages.length, 83, "the largest answer is the limit");
  });

  line("test_big_retrieve.size", async (rpc) => {
    await inbox.fill(rpc);
    for (const [max_size, expected] of [
      [500_000, 5],
      [600_000, 6],
      [-1, 83],
      [-3, 27],
      [undefined, 16],
      [0, 16],
      [1, 1],
      [50_000_000, 83],
    ] as const) {
      const answer = await page(rpc, { ...(max_size !== undefined && { max_size }) });
      assert.deepEqual([answer.messages.length, answer.more], [expected, true], `max_size ${max_size}`);
      assert.deepEqual(hashesOf(answer), inbox.hashes.slice(0, expected));
    }
    const last = await page(rpc, { max_size: -1, last_hash: inbox.hashes[82] });
    assert.deepEqual([last.messages.length, last.more], [37, false]);
  });

  line("test_big_retrieve.size_and_count", async (rpc) => {
    await inbox.fill(rpc);
    for (const [max_size, max_count, expected] of [
      [500_000, 4, 4],
      [500_000, 6, 5],
      [-3, 20, 20],
      [-3, 30, 27],
      [-1, 120, 83],
    ] as const) {
      const answer = await page(rpc, { max_size, max_count });
      assert.deepEqual([answer.messages.length, answer.more], [expected, true], `${max_size} and ${max_count}`);
    }
  });

  line("test_big_retrieve.retrieve_direction", async (rpc) => {
    await inbox.fill(rpc);
    const newest = await page(rpc, { reverse_direction: true, max_count: 10 });
    assert.deepEqual([hashesOf(newest), newest.more], [inbox.hashes.toReversed().slice(0, 10), true]);
    const next = await page(rpc, { reverse_direction: true, max_count: 10, last_hash: hashesOf(newest).at(-1) });
    assert.deepEqual(hashesOf(next), inbox.hashes.toReversed().slice(10, 20));
    const end = await page(rpc, { reverse_direction: true, last_hash: inbox.hashes[1] });
    assert.deepEqual([hashesOf(end), end.more], [inbox.hashes.slice(0, 1), false]);
    const forward = await page(rpc, { reverse_direction: false, max_count: 2 });
    assert.deepEqual(hashesOf(forward), inbox.hashes.slice(0, 2));
  });
}
