import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { bencode } from "@swarmpost/encoding";
import { type Content, ContentSchema } from "@swarmpost/protos";
import { accountId } from "@swarmpost/storage-rpc";
import { createAccount } from "../account.ts";
import { createGroup } from "./group.ts";
import { invitationContent, invitationOf, promotionContent } from "./group-invitation.ts";
import { openGroupKey, sealGroupKey } from "./group-keys.ts";
import { type GroupNotice, noticeContents, noticeOf } from "./group-update.ts";
import { openKick, sealKick } from "./kick-message.ts";
import { makeMemberKey } from "./member-key.ts";
import { sealForMany } from "./seal-for-many.ts";

const [alice, bob, carol] = [createAccount(), createAccount(), createAccount()];
const [group, other] = [createGroup(), createGroup()];
const NOW = 1_700_000_000_000;

/** An invitation of Bob with something changed in it. */
function changed(change: (content: Content) => void): Content {
  const content = create(ContentSchema, invitationContent(group, "Hikers", bob.id, NOW));
  change(content);
  return content;
}

test("an invitation gives what a member acts by, a promotion what an admin does", () => {
  const invitation = invitationOf(bob, invitationContent(group, "Hikers", bob.id, NOW), alice.id);
  const membership = { group: group.id, memberKey: makeMemberKey(group, bob.id) };
  const about = { group: group.id, name: "Hikers", from: alice.id, sentMs: NOW };
  assert.deepEqual(invitation, { ...about, kind: "invitation", membership });
  const promotion = invitationOf(bob, promotionContent(group, "Hikers", NOW), alice.id);
  assert.deepEqual(promotion, { ...about, kind: "promotion", membership: { admin: group } });
});

test("an invitation that the group has not signed, or for someone else, is refused", () => {
  const invite = (content: Content) => content.dataMessage!.groupUpdateMessage!.inviteMessage!;
  const wrong: Content[] = [
    invitationContent(group, "Hikers", carol.id, NOW),
    changed((content) => void (content.sigTimestamp = BigInt(NOW + 1))),
    changed((content) => delete content.sigTimestamp),
    changed((content) => delete invite(content).adminSignature),
    changed((content) => delete invite(content).groupSessionId),
    changed((content) => delete invite(content).memberAuthData),
    changed((content) => void (invite(content).groupSessionId = other.id)),
    changed((content) => void (invite(content).groupSessionId = bob.id)),
    changed((content) => void (invite(content).memberAuthData = makeMemberKey(group, carol.id))),
    changed((content) => void (invite(content).memberAuthData = makeMemberKey(other, bob.id))),
  ];
  for (const content of wrong) {
    assert.throws(() => invitationOf(bob, content, alice.id), { code: "unreadable-message" });
  }
  for (const prefix of ["05", "15", "00"]) {
    const posing = { ...group, id: accountId(`${prefix}${group.id.slice(2)}`) };
    const content = invitationContent(posing, "Hikers", bob.id, NOW);
    assert.throws(() => invitationOf(bob, content, alice.id), { code: "unreadable-message" }, prefix);
  }
  const promotion = promotionContent({ ...group, seed: Buffer.alloc(31) }, "Hikers", NOW);
  assert.throws(() => invitationOf(bob, promotion, alice.id), { code: "unreadable-message" });
  assert.equal(invitationOf(bob, create(ContentSchema), alice.id), undefined);
});

test("what only admins may say counts with the group's signature for that time alone", () => {
  const notices: GroupNotice[] = [
    { type: "joined" },
    { type: "left" },
    { type: "added", members: [bob.id], admin: group },
    { type: "removed", members: [bob.id], admin: group },
    { type: "promoted", members: [bob.id, carol.id], admin: group },
    { type: "renamed", name: "Climbers", admin: group },
  ];
  for (const notice of notices) {
    const [content] = noticeContents(notice, NOW);
    const { admin, ...said } = { admin: undefined, ...notice };
    assert.deepEqual(noticeOf(group.id, content!, alice.id), { ...said, from: alice.id, sentMs: NOW });
    if (admin === undefined) continue;
    const later = { ...content!, sigTimestamp: BigInt(NOW + 1) };
    for (const [id, wrong] of [
      [group.id, later],
      [other.id, content!],
    ] as const) {
      assert.throws(() => noticeOf(id, wrong, alice.id), { code: "unreadable-message" });
    }
  }
  assert.equal(noticeOf(group.id, noticeContents({ type: "left" }, NOW)[1]!, alice.id), undefined, "told once");
});

test("a kick tells those that it names, by the group's admins only, and from which key on", () => {
  const message = sealKick(group, [bob.id, carol.id], 12);
  assert.deepEqual([openKick(group.id, bob, message), openKick(group.id, carol, message)], [12, 12]);
  assert.equal(openKick(group.id, alice, message), undefined);
  assert.equal(openKick(other.id, bob, message), undefined);
  const nonce = Buffer.alloc(24, 1);
  const plain = Buffer.concat([carol.x25519.publicKey, Buffer.from("12")]);
  const told = [{ x25519: bob.x25519.publicKey, plain }];
  const misled = bencode({ "#": nonce, e: sealForMany(group, "SessionGroupKickedMessage", nonce, told) });
  assert.equal(openKick(group.id, bob, misled), undefined, "what it says is about someone else");
  for (const wrong of [message.subarray(1), Buffer.from("de"), Buffer.from("le"), sealKick(group, [bob.id], -1)]) {
    assert.equal(openKick(group.id, bob, wrong), undefined);
  }
});

test("a key message whose generation nothing could follow gives no key, whoever signed it", () => {
  for (const generation of [0, Number.MAX_SAFE_INTEGER - 1]) {
    const message = sealGroupKey(group, [bob.id], { generation, key: Buffer.alloc(32, 1) });
    assert.equal(openGroupKey(group.id, { member: bob }, message)?.generation, generation);
  }
  for (const generation of [-1, Number.MAX_SAFE_INTEGER]) {
    const message = sealGroupKey(group, [bob.id], { generation, key: Buffer.alloc(32, 1) });
    assert.equal(openGroupKey(group.id, { member: bob }, message), undefined);
    assert.equal(openGroupKey(group.id, { admin: group }, message), undefined);
  }
});
