import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type Start, together } from "./together.ts";

/** Gives what a test puts in, until it is ended. */
function follower<T>() {
  const pages: T[] = [];
  const state = { ended: false, failure: undefined as Error | undefined };
  const start: Start<T> = async function* (signal) {
    try {
      while (!signal.aborted) {
        if (state.failure !== undefined) throw state.failure;
        const page = pages.shift();
        if (page === undefined) await turn();
        else yield page;
      }
    } finally {
      state.ended = true;
    }
  };
  return { pages, state, start };
}

test("pages of all followers come in one loop, and one that always has something leaves the others their turn", async () => {
  const [busy, quiet] = [follower<string>(), follower<string>()];
  busy.pages.push(...Array.from({ length: 50 }, (_, i) => `busy ${i}`));
  quiet.pages.push("quiet 0", "quiet 1");
  const seen: string[] = [];
  for await (const page of together([busy.start, quiet.start])) {
    seen.push(page);
    if (seen.length === 10) break;
  }
  assert.equal(seen.filter((page) => page.startsWith("quiet")).length, 2);
  assert.deepEqual([busy.state.ended, quiet.state.ended], [true, true]);
});

test("a signal ends all of them, one that fails ends the others, and no follower is an end", async () => {
  const [one, two] = [follower<string>(), follower<string>()];
  const stop = new AbortController();
  one.pages.push("page");
  const pages = together([one.start, two.start], { signal: stop.signal });
  assert.deepEqual(await pages.next(), { value: "page", done: false });
  const next = pages.next();
  stop.abort();
  assert.deepEqual(await next, { value: undefined, done: true });
  const [three, four] = [follower<string>(), follower<string>()];
  three.state.failure = new Error("removed");
  await assert.rejects(together([three.start, four.start]).next(), /removed/);
  assert.ok(four.state.ended);
  assert.deepEqual(await together([]).next(), { value: undefined, done: true });
});
