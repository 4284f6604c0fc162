import assert from "node:assert/strict";
import { test } from "node:test";
import { createAccount } from "../account.ts";
import type { GroupEvent } from "./group-update.ts";
import { MemberRequests } from "./member-requests.ts";

const [alice, bob] = [createAccount().id, createAccount().id];
const NOW = 1_700_000_000_000;
const DAY_MS = 86_400_000;
const left = (sentMs: number): GroupEvent => ({ type: "left", from: bob, sentMs });
const joined = (sentMs: number): GroupEvent => ({ type: "joined", from: bob, sentMs });
const added = (sentMs: number, id = bob): GroupEvent => ({ type: "added", from: alice, members: [id], sentMs });
const timesOf = (events: readonly GroupEvent[]): number[] => events.map(({ sentMs }) => sentMs - NOW);

test("a request waits until it is done, in the order of the senders' clocks", () => {
  const requests = new MemberRequests();
  assert.deepEqual(timesOf(requests.take([left(NOW + 2)], NOW)), [2]);
  const asked = requests.take([joined(NOW + 1)], NOW);
  assert.deepEqual(timesOf(asked), [1, 2]);
  requests.done(asked.slice(0, 1));
  assert.deepEqual(timesOf(requests.take([], NOW)), [2]);
});

test("that somebody left is over when it was added again, in whichever order the notices are seen", () => {
  for (const looks of [
    [[left(NOW), added(NOW + 1)]],
    [[added(NOW + 1)], [left(NOW)]],
    [[left(NOW)], [added(NOW + 1)]],
  ]) {
    const requests = new MemberRequests();
    const last = looks.map((events) => requests.take(events, NOW)).at(-1);
    assert.deepEqual(last, []);
  }
  const requests = new MemberRequests();
  assert.deepEqual(timesOf(requests.take([added(NOW), added(NOW, alice), left(NOW + 1)], NOW)), [1], "and left again");
});

test("a notice that is older than what the swarm keeps was posted once more by someone else", () => {
  assert.deepEqual(new MemberRequests().take([left(NOW - 14 * DAY_MS)], NOW), []);
  assert.equal(new MemberRequests().take([left(NOW - 13 * DAY_MS)], NOW).length, 1);
});

test("an invitation is accepted also before the notice of it is seen", () => {
  assert.equal(new MemberRequests().take([joined(NOW), added(NOW + 1)], NOW).length, 1);
});
