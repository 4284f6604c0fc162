import assert from "node:assert/strict";
import { test } from "node:test";
import { pubkey, type Pubkey } from "@swarmpost/crypto";
import { swarmId } from "@swarmpost/swarm";
import { AccountRepairs } from "./account-repairs.ts";

const account = Buffer.alloc(33, 5);
const node = (n: number) => pubkey(Buffer.alloc(32, n));

/** A member of a swarm of seven that lacks a message, and what the others answer. */
class Member {
  readonly members: readonly Pubkey[] = [0, 1, 2, 3, 4, 5, 6].map(node);
  readonly asked: Pubkey[] = [];
  readonly answering = new Set<Pubkey>();
  readonly holding = new Set<Pubkey>();
  lacks = true;
  ours = true;
  fails = false;
  nowMs = 1_000;
  readonly repairs = new AccountRepairs({
    links: { state: () => "up" },
    view: {
      self: node(0),
      keeps: () => this.ours,
      responsible: () => ({ id: swarmId(0n), members: this.members, changedHeight: 1n }),
    },
    clock: { now: () => this.nowMs },
    changes: { prolongs: async () => this.lacks, prolonging: async () => (this.lacks ? [account] : []) },
    pull: {
      account: async (source) => {
        this.asked.push(source);
        if (this.fails) throw new Error("the database does not answer");
        if (this.answering.has(source) && this.holding.has(source)) this.lacks = false;
        return this.answering.has(source);
      },
    },
  });

  /** Goes on to the next turn that is due, at the latest two minutes on. */
  async turn(): Promise<Pubkey[]> {
    this.asked.length = 0;
    this.nowMs += 120_000;
    await this.repairs.run();
    return [...this.asked];
  }
}

test("who said that a message is prolonged is asked first, and the others when it does not give it", async () => {
  const member = new Member();
  member.answering.add(node(2));
  member.holding.add(node(2));
  member.repairs.lacks(node(4), account);
  assert.deepEqual(await member.turn(), [node(4), node(1), node(2)]);
  assert.equal(member.repairs.size, 0);
});

test("an account stays until one answers, however long that takes, or until it is no longer ours", async () => {
  const member = new Member();
  member.repairs.lacks(node(1), account);
  for (let turn = 0; turn < 5; turn++) assert.equal((await member.turn()).length, 6);
  await member.repairs.run();
  assert.equal(member.asked.length, 6, "nobody is asked again at once");
  member.answering.add(node(6));
  member.holding.add(node(6));
  await member.turn();
  assert.deepEqual([member.lacks, member.repairs.size], [false, 0]);
  member.lacks = true;
  member.answering.clear();
  member.repairs.lacks(node(1), account);
  await member.turn();
  member.ours = false;
  assert.deepEqual([await member.turn(), member.repairs.size], [[], 0]);
});

test("what nobody has is looked for only as long as a majority without this member may have it", async () => {
  const member = new Member();
  for (const each of member.members) member.answering.add(each);
  member.repairs.lacks(node(5), account);
  assert.deepEqual(await member.turn(), [node(5), node(1), node(2)]);
  assert.equal(member.repairs.size, 0);
  member.repairs.lacks(node(5), account);
  member.asked.length = 0;
  await member.repairs.run();
  assert.deepEqual(member.asked, [], "a client that names what never was costs no more than that");
  assert.equal((await member.turn()).length, 3);
});

test("what a source gave before it was told of says nothing of what it is told of now", async () => {
  const member = new Member();
  member.answering.add(node(1)).add(node(2));
  member.repairs.lacks(node(1), account);
  await member.turn();
  member.repairs.lacks(node(1), account);
  assert.deepEqual((await member.turn()).slice(0, 2), [node(1), node(2)]);
});

test("a turn that breaks off is one of the turns that come ever later", async () => {
  const member = new Member();
  member.repairs.lacks(node(1), account);
  member.fails = true;
  await assert.rejects(member.turn());
  member.fails = false;
  member.asked.length = 0;
  await member.repairs.run();
  assert.deepEqual(member.asked, []);
  assert.equal((await member.turn()).length, 6);
});

test("an account that waited at the end of the run before is repaired in this one", async () => {
  const member = new Member();
  member.answering.add(node(3));
  member.holding.add(node(3));
  await member.repairs.load();
  await member.turn();
  assert.deepEqual([member.lacks, member.repairs.size], [false, 0]);
});
