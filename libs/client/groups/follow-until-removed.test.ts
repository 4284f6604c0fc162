import assert from "node:assert/strict";
import { test } from "node:test";
import { createAccount } from "../account.ts";
import { ClientError } from "../client-error.ts";
import { followUntilRemoved } from "./follow-until-removed.ts";
import { createGroup } from "./group.ts";
import type { GroupPage } from "./group-conversation.ts";

const { id } = createGroup();
const own = createAccount().id;
const page: GroupPage = { messages: [], unreadable: [], more: false, members: [], paths: [], events: [] };

/** A group of one page, whose follower then fails. */
function failing(error: Error) {
  return {
    id,
    async *follow() {
      yield page;
      throw error;
    },
  };
}

test("who follows several groups learns from one that it was taken out, and goes on with the others", async () => {
  const removed = failing(new ClientError("removed-from-group", "an admin has removed this account from the group"));
  const pages = await Array.fromAsync(followUntilRemoved(removed, own, {}));
  assert.equal(pages.length, 2);
  const [event] = pages[1]!.events;
  assert.deepEqual(event, { type: "removed", from: id, sentMs: event!.sentMs, members: [own] });
});

test("what else ends a group's follower ends all", async () => {
  const refused = failing(new ClientError("refused", "no"));
  await assert.rejects(Array.fromAsync(followUntilRemoved(refused, own, {})), { code: "refused" });
});
