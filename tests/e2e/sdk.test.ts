import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type Account,
  ClientError,
  type ClientEvent,
  createAccount,
  createGroup,
  type GroupConversation,
  makeMemberKey,
  SwarmpostClient,
} from "@swarmpost/client";
import { randomBytes } from "@swarmpost/crypto";
import { type Network, startNetwork } from "@swarmpost/localnet";

// What the SDK does beyond one message, against real nodes.

let net: Network;
let client: SwarmpostClient;
const warnings: string[] = [];
const [alice, bob, carol]: Account[] = [createAccount(), createAccount(), createAccount()] as [
  Account,
  Account,
  Account,
];

before(async () => {
  net = await startNetwork({ nodes: 14 });
  const onEvent = (event: ClientEvent): void => void (event.type === "warning" && warnings.push(event.message));
  client = await SwarmpostClient.connect(net.networkFile, { onEvent });
  warnings.length = 0; // What the seeds' number gives reason for.
});
after(async () => {
  await client?.[Symbol.asyncDispose]();
  await net?.stop();
});

test("a follower gets each message within a second, by waiting and not by polling", async () => {
  await using reader = await SwarmpostClient.connect(net.networkFile);
  const following = reader.follow(bob, { intervalMs: 60_000 });
  await client.send(alice, bob.id, "first");
  const times: number[] = [];
  for (const text of ["first", "second", "third", "fourth"]) {
    const next = following.next();
    if (text !== "first") await client.send(alice, bob.id, text);
    const sent = performance.now();
    assert.deepEqual(
      (await next).value?.messages.map((message) => message.text),
      [text],
    );
    times.push(performance.now() - sent);
  }
  assert.ok(
    times.slice(1).every((ms) => ms < 1_000),
    times.map(Math.round).join(" "),
  );
  await following.return();
});

test("a copy of what one sends waits in one's own swarm, for one's other devices", async () => {
  const { copy } = await client.send(carol, bob.id, "with a copy", { ownCopy: true });
  assert.ok((copy?.copies ?? 0) >= 4);
  await using device = await SwarmpostClient.connect(net.networkFile);
  const [own] = (await device.read(carol)).messages;
  assert.deepEqual([own?.from, own?.sentTo, own?.text], [carol.id, bob.id, "with a copy"]);
});

test("a group: an admin makes it, members read and write by their tokens, and nobody else does", async () => {
  const group = createGroup();
  const admin = client.group(alice, { admin: group });
  await admin.shareNewKey([bob.id]);
  const member = client.group(bob, { group: group.id, memberKey: makeMemberKey(group, bob.id) });
  await admin.send("welcome");
  await member.send("thank you");
  for (const each of [admin, member]) {
    assert.deepEqual(
      (await each.read()).messages.map(({ from, text }) => [from, text]),
      [
        [alice.id, "welcome"],
        [bob.id, "thank you"],
      ],
    );
  }
  const foreign = makeMemberKey(createGroup(), carol.id);
  assert.throws(() => client.group(carol, { group: group.id, memberKey: foreign }), { code: "bad-group-key" });
});

test("a member that is revoked can neither read nor write until it is let in again, and new keys leave it out", async () => {
  const group = createGroup();
  const admin = client.group(alice, { admin: group });
  const keyOf = ({ id }: Account): Buffer => makeMemberKey(group, id);
  const [member, other] = [bob, carol].map((each) => client.group(each, { group: group.id, memberKey: keyOf(each) }));
  await admin.shareNewKey([bob.id, carol.id]);
  await member?.send("still in");
  const revoked = await admin.revoke([bob.id]);
  assert.ok(revoked.members.filter(({ signed }) => signed).length >= 4);
  await assert.rejects(member!.read(), (error) => error instanceof ClientError && error.detail.status === 401);
  await assert.rejects(member!.send("not in"), { code: "refused" });
  await admin.shareNewKey([carol.id]);
  await admin.send("without Bob");
  assert.deepEqual(
    (await other!.read()).messages.map(({ text }) => text),
    ["still in", "without Bob"],
  );
  await admin.unrevoke([bob.id]);
  const page = await client.group(bob, { group: group.id, memberKey: keyOf(bob) }).read();
  assert.deepEqual([page.messages.map(({ text }) => text), page.unreadable.length], [["still in"], 1]);
});

test("a follower of a group gets a message sealed with a key that came while it waited", async () => {
  const group = createGroup();
  const admin = client.group(alice, { admin: group });
  await admin.shareNewKey([bob.id]);
  await using reader = await SwarmpostClient.connect(net.networkFile);
  const member = reader.group(bob, { group: group.id, memberKey: makeMemberKey(group, bob.id) });
  const following = member.follow({ intervalMs: 60_000 });
  const next = following.next();
  await admin.shareNewKey([bob.id]);
  await admin.send("under the second key");
  assert.deepEqual(
    (await next).value?.messages.map(({ text }) => text),
    ["under the second key"],
  );
  await following.return();
});

/** An invitation that waits in someone's inbox. */
async function invitationOf(account: Account, kind: "invitation" | "promotion") {
  const { invitations } = await client.read(account);
  const found = invitations.findLast((each) => each.kind === kind);
  assert.ok(found, `${kind} in ${invitations.length} invitations`);
  return found;
}

/** Who is in a group, and how far. */
async function listOf(group: GroupConversation): Promise<Record<string, string>> {
  return Object.fromEntries((await group.members()).map(({ id, state }) => [id, state]));
}

test("a group lives: made, joined from the invitation alone, renamed, promoted in, and left", async () => {
  const { group: admin, membership } = await client.createGroup(alice, { name: "Hikers", description: "up the hill" });
  const invited = await admin.invite([{ id: bob.id, name: "Bob" }, carol.id]);
  assert.deepEqual(
    invited.map(({ sent }) => sent),
    [true, true],
  );
  await admin.send("welcome");
  const invitation = await invitationOf(bob, "invitation");
  assert.deepEqual([invitation.name, invitation.from, invitation.group], ["Hikers", alice.id, admin.id]);
  const member = await client.join(bob, invitation);
  assert.deepEqual(
    (await member.read()).messages.map(({ text }) => text),
    ["welcome"],
  );
  assert.equal((await member.info()).description, "up the hill");
  await member.send("here I am");
  assert.deepEqual(await listOf(admin), { [alice.id]: "admin", [bob.id]: "invited", [carol.id]: "invited" });
  const page = await admin.read();
  assert.deepEqual(
    page.events.filter(({ type }) => type === "joined").map(({ from }) => from),
    [bob.id],
  );
  assert.deepEqual(await listOf(member), { [alice.id]: "admin", [bob.id]: "member", [carol.id]: "invited" });
  await assert.rejects(member.invite([alice.id]), { code: "bad-group-key" });

  await admin.changeInfo({ name: "Climbers" });
  const renamed = { type: "renamed", name: "Climbers", from: alice.id } as const;
  const [event] = (await member.read()).events;
  assert.deepEqual([(await member.info()).name, event], ["Climbers", { ...renamed, sentMs: event?.sentMs }]);
  await admin.promote([carol.id]);
  const second = await client.join(carol, await invitationOf(carol, "promotion"));
  assert.ok(second.isAdmin);
  await second.changeInfo({ description: "up the wall" });
  assert.deepEqual((await admin.info()).description, "up the wall");
  assert.equal((await listOf(admin))[carol.id], "admin");

  assert.deepEqual(warnings, [], "keys and configs were made to stay, by members too");
  await member.leave();
  await second.read();
  assert.deepEqual(await listOf(admin), { [alice.id]: "admin", [carol.id]: "admin" });
  await assert.rejects(member.read(), { code: "removed-from-group" });
  await second.leave();
  await admin.read();
  assert.deepEqual(await listOf(client.group(alice, membership)), { [alice.id]: "admin" });
  await assert.rejects(admin.leave(), { code: "last-admin" });
});

test("a removed member is told so, reads nothing that follows, and may be invited again", async () => {
  const { group: admin } = await client.createGroup(alice, { name: "Hikers" });
  await admin.invite([bob.id, carol.id]);
  const [member, other] = [
    await client.join(bob, await invitationOf(bob, "invitation")),
    await client.join(carol, await invitationOf(carol, "invitation")),
  ];
  await admin.read();
  const following = member.follow({ intervalMs: 100 });
  await following.next();
  const next = following.next();
  const told = assert.rejects(next, { code: "removed-from-group" });
  await admin.remove([bob.id]);
  await told;
  for (const act of [() => member.read(), () => member.send("still here"), () => member.members()]) {
    await assert.rejects(act(), { code: "removed-from-group" });
  }
  await admin.send("without Bob");
  assert.deepEqual(
    (await other.read()).messages.map(({ text }) => text),
    ["without Bob"],
  );
  assert.deepEqual(await listOf(other), { [alice.id]: "admin", [carol.id]: "member" });
  await assert.rejects(admin.remove([alice.id]), { code: "bad-group-key" });

  await admin.invite([bob.id]);
  const again = await client.join(bob, await invitationOf(bob, "invitation"));
  await admin.send("with Bob");
  const page = await again.read();
  assert.deepEqual(
    page.messages.map(({ text }) => text),
    ["with Bob"],
  );
  assert.ok(page.unreadable.length >= 1, "what was said without him stays closed");
});

test("two admins who change a group at once lose nothing of either", async () => {
  const { group: one, membership } = await client.createGroup(alice, { name: "Hikers" });
  const two = client.group(alice, membership);
  await Promise.all([one.changeInfo({ name: "Climbers" }), two.changeInfo({ description: "up the wall" })]);
  await one.changeInfo({});
  const { name, description } = await two.info();
  assert.deepEqual([name, description], ["Climbers", "up the wall"]);
});

test("a file is attached, found in the message, downloaded through the onion and extended", async () => {
  const data = randomBytes(300_000);
  const attachments = [
    await client.attach(alice, data, { name: "one.bin" }),
    await client.attach(alice, data, { format: "stream" }),
  ];
  await client.send(alice, carol.id, "see the files", { attachments });
  const message = (await client.read(carol)).messages.find(({ text }) => text === "see the files");
  assert.deepEqual(message?.attachments, attachments);
  for (const attachment of message?.attachments ?? []) assert.deepEqual(await client.download(attachment), data);
  const stored = await client.files().upload(randomBytes(1_000), { ttlSeconds: 3_600 });
  assert.equal(stored.id.length, 44);
  const extended = await client.files().extend(stored.id, { ttlSeconds: 7_200 });
  assert.ok(extended.expiresMs > stored.expiresMs);
});

test("a network without names says of each that nobody has registered it", async () => {
  await assert.rejects(client.resolve("anybody"), { code: "unknown-name" });
});

test("a call with a deadline or a signal ends by it on real nodes too", async () => {
  await assert.rejects(client.send(alice, bob.id, "never", { deadlineMs: 1 }), { code: "timed-out" });
  const stop = AbortSignal.abort(new Error("not now"));
  await assert.rejects(client.read(bob, { signal: stop }), /not now/);
  assert.ok((await client.send(alice, bob.id, "after all")).copies >= 4);
});
