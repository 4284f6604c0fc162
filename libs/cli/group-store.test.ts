import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createAccount, createGroup, type GroupInvitation, makeMemberKey } from "@swarmpost/client";
import { GroupStore } from "./group-store.ts";

const [alice, bob] = [createAccount(), createAccount()];
const group = createGroup();
const about = { group: group.id, name: "Hikers", from: alice.id };
const asMember = { group: group.id, memberKey: makeMemberKey(group, bob.id) };
const invitation = (sentMs: number): GroupInvitation => ({
  ...about,
  kind: "invitation",
  sentMs,
  membership: asMember,
});
const promotion = (sentMs: number): GroupInvitation => ({
  ...about,
  kind: "promotion",
  sentMs,
  membership: { admin: group },
});
let folder: string;

before(async () => void (folder = await mkdtemp(join(tmpdir(), "swarmpost-groups-"))));
after(() => rm(folder, { recursive: true }));

test("of a group's invitations the last counts, each once, and none makes an admin a member", async () => {
  const store = new GroupStore(folder, bob);
  const timesOf = async (...all: GroupInvitation[]) => (await store.fresh(all)).map(({ sentMs }) => sentMs);
  assert.deepEqual(await timesOf(invitation(1), invitation(2)), [2]);
  await store.keep({ id: group.id, name: "Hikers", membership: asMember, sinceMs: 2 });
  assert.deepEqual(await timesOf(invitation(1), invitation(2)), []);
  assert.deepEqual(await timesOf(promotion(3)), [3]);
  await store.keep({ id: group.id, name: "Hikers", membership: { admin: group }, sinceMs: 3 });
  assert.deepEqual(await timesOf(invitation(4)), []);
  assert.deepEqual((await store.find("Hikers")).membership, { admin: group });
  await store.leave(await store.find(group.id), 5);
  assert.deepEqual([await timesOf(promotion(5)), await timesOf(invitation(6))], [[], [6]]);
});

test("a file that was changed is told as damaged, and another account has another file", async () => {
  assert.deepEqual(await new GroupStore(folder, alice).all(), []);
  for (const name of await readdir(folder)) await writeFile(join(folder, name), "AAAA");
  await assert.rejects(new GroupStore(folder, bob).all(), { code: "usage", message: /is damaged/ });
});
