import assert from "node:assert/strict";
import { test } from "node:test";
import { createAccount } from "../account.ts";
import { alice, bob, client, network } from "../test-client.ts";
import type { TestNode } from "../test-network.ts";

const carol = createAccount();

/** Has every node answer stores into this inbox so. */
function inboxOf(id: string, answer: TestNode["script"] | undefined): void {
  for (const node of network.nodes) {
    node.script = (method, params) =>
      method === "store" && params.pubkey === id && (params.namespace ?? 0) === 0
        ? answer?.(method, params)
        : undefined;
  }
}

test("who can't be told is listed so, keeps nobody else from joining, and may be invited again", async () => {
  const { group } = await client.createGroup(alice, { name: "Hikers" });
  const states = async () => (await group.members()).map(({ id, state }) => [id, state]).toSorted();
  inboxOf(bob.id, () => [503, "no majority"]);
  const told = await group.invite([bob.id, { id: carol.id, name: "Carol" }]);
  assert.deepEqual(told, [
    { id: bob.id, sent: false },
    { id: carol.id, sent: true },
  ]);
  const expected = [
    [alice.id, "admin"],
    [bob.id, "invite-failed"],
    [carol.id, "invited"],
  ];
  assert.deepEqual(await states(), expected.toSorted());
  await client.join(carol, (await client.read(carol)).invitations[0]!);
  inboxOf(bob.id, undefined);
  assert.deepEqual(await group.invite([bob.id]), [{ id: bob.id, sent: true }]);
  await group.read();
  const later = [
    [alice.id, "admin"],
    [bob.id, "invited"],
    [carol.id, "member"],
  ];
  assert.deepEqual(await states(), later.toSorted());
  inboxOf(carol.id, () => [503, "no majority"]);
  assert.deepEqual(await group.promote([carol.id]), [{ id: carol.id, sent: false }]);
  assert.ok((await states()).some(([id, state]) => id === carol.id && state === "promotion-failed"));
  await assert.rejects(group.leave(), { code: "last-admin" }, "who was not told is no admin yet");
});

test("a name stays with whoever is invited again, and one that is too long is refused", async () => {
  const { group } = await client.createGroup(alice, { name: "Hikers" });
  await group.invite([{ id: bob.id, name: "Bob" }]);
  await group.invite([bob.id]);
  assert.equal((await group.members()).find(({ id }) => id === bob.id)?.name, "Bob");
  await assert.rejects(group.changeInfo({ name: "n".repeat(101) }), { code: "message-too-long" });
  await assert.rejects(group.changeInfo({ description: "ü".repeat(301) }), { code: "message-too-long" });
  await group.changeInfo({ name: "", description: "d" });
  const { name, description, createdMs = 0, ended } = await group.info();
  assert.deepEqual([name, description, ended], ["", "d", false]);
  assert.ok(Math.abs(createdMs - Date.now()) < 60_000);
});

test("a member's removal leaves a list without it and keys that it does not get", async () => {
  const { group } = await client.createGroup(alice, {});
  await group.invite([bob.id, carol.id]);
  const invitation = (await client.read(bob)).invitations[0]!;
  const member = await client.join(bob, invitation);
  await group.send("before");
  assert.equal((await member.read()).messages.length, 1);
  await group.remove([bob.id]);
  await group.send("after");
  // The double lets the removed in all the same: what it sees then is closed to it.
  const { messages, unreadable } = await member.read();
  assert.deepEqual([messages, unreadable.length], [[], 2]);
  assert.deepEqual((await group.members()).map(({ id }) => id).toSorted(), [alice.id, carol.id].toSorted());
  await assert.rejects(group.remove([alice.id]), { code: "bad-group-key", message: /admin can't be removed/ });
});

test("who left and was invited again stays, though the notice that it left is still there", async () => {
  const { group, membership } = await client.createGroup(alice, {});
  await group.invite([bob.id]);
  const member = await client.join(bob, (await client.read(bob)).invitations.at(-1)!);
  await group.read();
  await member.leave();
  await group.read();
  const listed = async () => (await group.members()).map(({ id }) => id).toSorted();
  assert.deepEqual(await listed(), [alice.id]);
  await group.invite([bob.id]);
  const { events } = await client.group(alice, membership).read();
  assert.ok(
    events.some(({ type, from }) => type === "left" && from === bob.id),
    "a look from the start sees it",
  );
  assert.deepEqual(await listed(), [alice.id, bob.id].toSorted());
});

test("a removal that broke off gives its member no key that comes later", async () => {
  const { group } = await client.createGroup(alice, {});
  await group.invite([bob.id, carol.id]);
  const member = await client.join(bob, (await client.read(bob)).invitations.at(-1)!);
  for (const node of network.nodes) {
    node.script = (method) => (method === "revoke_subaccount" ? [503, "no majority"] : undefined);
  }
  await assert.rejects(group.remove([bob.id]), { code: "refused" });
  for (const node of network.nodes) node.script = undefined;
  assert.equal((await group.members()).find(({ id }) => id === bob.id)?.state, "removed");
  await group.send("with the old key");
  await group.remove([carol.id]);
  await group.send("after one removal");
  await group.invite([carol.id]);
  await group.send("after an invitation");
  assert.deepEqual(
    (await member.read()).messages.map(({ text }) => text),
    ["with the old key"],
  );
  await assert.rejects(group.promote([bob.id]), { code: "bad-account-id" });
});

test("the group's secret goes to members only, and an admin is not made less by an invitation", async () => {
  const { group } = await client.createGroup(alice, {});
  await assert.rejects(group.promote([carol.id]), { code: "bad-account-id", message: /invite it first/ });
  await assert.rejects(group.invite([bob.id, alice.id]), { code: "bad-group-key", message: /admin can't be invited/ });
  assert.deepEqual(await group.members(), [{ id: alice.id, name: "", state: "admin" }]);
});

test("changes that one program asks for at once come one after the other: everyone can read what follows", async () => {
  const { group } = await client.createGroup(alice, {});
  await Promise.all([group.invite([bob.id]), group.invite([carol.id])]);
  const members = await Promise.all(
    [bob, carol].map(async (who) => client.join(who, (await client.read(who)).invitations.at(-1)!)),
  );
  await Promise.all([group.read(), group.changeInfo({ name: "Hikers" })]);
  await group.send("for both");
  for (const member of members) {
    assert.ok((await member.read()).messages.some(({ text }) => text === "for both"));
    assert.equal((await member.info()).name, "Hikers");
  }
  const late = group.invite([createAccount().id], { deadlineMs: 1 });
  await assert.rejects(late, { code: "timed-out" });
  await group.remove([bob.id]);
});
