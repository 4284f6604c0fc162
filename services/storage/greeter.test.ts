import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed, type Pubkey } from "@swarmpost/crypto";
import type { Database } from "@swarmpost/postgres";
import { silentLogger } from "@swarmpost/runtime";
import { COMMIT_PART, DatabaseIdentity } from "./database-identity.ts";
import { Greeter, type GreeterParts } from "./greeter.ts";
import { type DatabaseMark, decodeHello, encodeHelloAnswer } from "./hello-codec.ts";
import { MemberMemory } from "./member-memory.ts";

const key = () => nodeKeysFromSeed(generateSeed()).pubkey;
const self = key();

/** A database that holds nothing but who it is and how many commits it has. */
function databaseWith({ commits, unseen = false }: { commits: bigint; unseen?: boolean }): Database {
  const row = { node: Buffer.alloc(32), id: randomBytes(16), former: [], unseen, owner: Buffer.alloc(16) };
  const query = async ({ text }: { text: string }) => ({
    rows: text.includes("from commit_count") ? [{ part: 0, commits }] : text.startsWith("insert") ? [row] : [],
    rowCount: 1,
  });
  return { query } as unknown as Database;
}

interface Greeting {
  readonly identity: DatabaseIdentity;
  readonly greeter: Greeter;
  readonly seen: { lost: number; found: number };
}

/** A node whose members answer as `answer` says. */
async function greeting(
  mates: readonly Pubkey[],
  database: Database,
  answer: (mate: Pubkey, payload: Buffer) => DatabaseMark | undefined,
): Promise<Greeting> {
  const identity = new DatabaseIdentity({ database, node: Buffer.alloc(32) });
  await identity.take();
  const seen = { lost: 0, found: 0 };
  const links = {
    request: async (mate: Pubkey, _kind: number, payload: Buffer) =>
      encodeHelloAnswer({ kept: 0, remembered: answer(mate, payload) }),
    state: () => "up",
  };
  const view = { ownSwarm: { id: 0n }, mates, current: { node: () => ({ contact: {} }) } };
  const parts = { identity, links, view, clock: { now: () => 0 }, logger: silentLogger };
  const greeter = new Greeter({
    ...(parts as unknown as Omit<GreeterParts, "onLost" | "onFound">),
    onLost: async () => void seen.lost++,
    onFound: () => void seen.found++,
  });
  return { identity, greeter, seen };
}

/** Members that remember as storages do. */
function remembering(database: Database): (mate: Pubkey, payload: Buffer) => DatabaseMark | undefined {
  const memories = new Map<Pubkey, MemberMemory>();
  return (mate, payload) => {
    const memory = memories.get(mate) ?? new MemberMemory({ database });
    memories.set(mate, memory);
    return memory.hear(self, decodeHello(payload)).remembered;
  };
}

test("what is committed after the start does not make up for what the database has lost", async () => {
  const mates = [key(), key()];
  const memory = remembering(databaseWith({ commits: 0n }));
  const database = databaseWith({ commits: 150n });
  const before = await greeting(mates, database, memory);
  await before.greeter.run();
  assert.equal(before.greeter.sure, true);

  // Taken back to its 100th commit; until the members are asked, live frames bring it beyond the 150th.
  const older = await database.query<{ id: Buffer }>({ text: "insert" });
  const taken = databaseWith({ commits: 100n });
  const query = taken.query.bind(taken);
  Object.assign(taken, {
    query: async (asked: { text: string }) => (asked.text.startsWith("insert") ? older : query(asked)),
  });
  const now = await greeting(mates, taken, memory);
  now.identity.counted(COMMIT_PART.messages, 200n);
  await now.greeter.run();
  assert.equal(now.greeter.sure, false);
  await now.greeter.run();
  assert.deepEqual(now.seen, { lost: 1, found: 1 });
  assert.equal(now.greeter.sure, true);
});

test("members are told of what came since as soon as they have answered, and a lost answer is no loss", async () => {
  const mate = key();
  const memory = remembering(databaseWith({ commits: 0n }));
  const told: bigint[] = [];
  const { greeter, identity, seen } = await greeting([mate], databaseWith({ commits: 5n }), (from, payload) => {
    told.push(decodeHello(payload).commits);
    return memory(from, payload);
  });
  identity.counted(COMMIT_PART.messages, 9n);
  await greeter.run();
  await greeter.run();
  greeter.again(mate);
  await greeter.run();
  assert.deepEqual(told, [5n, 9n, 9n]);
  assert.deepEqual(seen, { lost: 0, found: 0 });
});

for (const [lie, remembered] of [
  ["another database each time", () => ({ id: randomBytes(16), commits: 1n })],
  ["more commits than there were ever", (id: Buffer) => ({ id, commits: 2n ** 63n })],
] as const) {
  test(`a member that remembers ${lie} is believed once`, async () => {
    const [liar, honest] = [key(), key()];
    const memory = remembering(databaseWith({ commits: 0n }));
    const { greeter, seen } = await greeting([liar, honest], databaseWith({ commits: 7n }), (mate, payload) =>
      mate === liar ? remembered(decodeHello(payload).id) : memory(mate, payload),
    );
    for (let turn = 0; turn < 5; turn++) await greeter.run();
    assert.equal(greeter.sure, true);
    assert.deepEqual(seen, { lost: 1, found: 1 });
  });
}

test("a loss that an earlier run found and had no time for is told, too", async () => {
  const { greeter, seen } = await greeting([], databaseWith({ commits: 7n, unseen: true }), () => undefined);
  await greeter.run();
  await greeter.run();
  assert.deepEqual(seen, { lost: 1, found: 1 });
  assert.equal(greeter.sure, true);
});
