import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountSpace,
  Mt19937_64,
  newSwarmId,
  responsibleSwarm,
  shuffle,
  type SwarmId,
  swarmId,
  swarmRange,
  uniform,
} from "@swarmpost/swarm";
import { readJson } from "./recorded.ts";

// The entries of chain.json and storage.json about randomness, swarm ids and the ring. Scenarios of upstream's own
// placement algorithm are left out: ours differs on purpose (docs/protocol/swarm-map.md).

interface ChainVectors {
  readonly new_swarm_id: {
    readonly cases: readonly { readonly existing: readonly string[]; readonly expect: string }[];
  };
  readonly new_swarm_id_sequence_from_empty: { readonly ids: readonly string[] };
  readonly deterministic_swarm_ids: { readonly final_size: number; readonly ids: Readonly<Record<string, string>> };
  readonly mt19937_64: {
    readonly default_seed_5489_10000th: string;
    readonly first5_by_seed: Readonly<Record<string, readonly string[]>>;
  };
  readonly uniform_distribution_portable: {
    readonly seed: string;
    readonly first10_by_n: Readonly<Record<string, readonly string[]>>;
  };
  readonly shuffle_portable: { readonly seed: string; readonly by_n: Readonly<Record<string, readonly number[]>> };
  readonly pubkey_to_swarm_space: { readonly cases: readonly (readonly [string, string])[] };
  readonly pubkey_to_swarm_id: {
    readonly swarm_ids: readonly string[];
    readonly cases_low64_hex_to_id: readonly (readonly [string, string])[];
    readonly "after_adding_swarm_2^64-20": readonly (readonly [string, string])[];
    readonly after_also_adding_swarm_0: readonly (readonly [string, string])[];
  };
}

interface StorageVectors {
  readonly pubkey_to_swarm_space: {
    readonly vectors: readonly { readonly pubkey: string; readonly swarm_space_u64: string }[];
  };
  readonly pubkey_to_swarm: {
    readonly sets: readonly {
      readonly swarm_ids: readonly string[];
      readonly cases: readonly { readonly pubkey: string; readonly expect_swarm: string }[];
    }[];
  };
  readonly swarm_boundaries: {
    readonly swarm_ids: readonly string[];
    readonly cases: readonly { readonly swarm: string; readonly lower_excl: string; readonly upper_incl: string }[];
  };
}

const chain = readJson<ChainVectors>("chain.json");
const storage = readJson<StorageVectors>("storage.json");

const ids = (texts: readonly string[]): SwarmId[] => texts.map((text) => swarmId(BigInt(text)));
const ascending = (list: readonly SwarmId[]): SwarmId[] => [...list].sort((a, b) => (a < b ? -1 : 1));
const accountKey = (text: string): Buffer => Buffer.from(text.slice(2), "hex");

test("mt19937_64 gives the numbers of the C++ standard library", () => {
  for (const [seed, expected] of Object.entries(chain.mt19937_64.first5_by_seed)) {
    const rng = new Mt19937_64(BigInt(seed));
    assert.deepEqual(
      Array.from(expected, () => rng.next().toString()),
      expected,
    );
  }
  const rng = new Mt19937_64(5489n);
  for (let i = 1; i < 10_000; i++) rng.next();
  assert.equal(rng.next().toString(), chain.mt19937_64.default_seed_5489_10000th);
});

test("uniform numbers are drawn as oxen-core draws them", () => {
  const { seed, first10_by_n } = chain.uniform_distribution_portable;
  for (const [n, expected] of Object.entries(first10_by_n)) {
    const rng = new Mt19937_64(BigInt(seed));
    assert.deepEqual(
      Array.from(expected, () => uniform(rng, BigInt(n)).toString()),
      expected,
    );
  }
});

test("shuffle gives the order that oxen-core gives", () => {
  for (const [n, expected] of Object.entries(chain.shuffle_portable.by_n)) {
    const ordered = Array.from({ length: Number(n) }, (_, index) => index);
    assert.deepEqual(shuffle(new Mt19937_64(BigInt(chain.shuffle_portable.seed)), ordered), expected);
  }
});

test("a new swarm id is the one that upstream's unit tests expect", () => {
  for (const { existing, expect } of chain.new_swarm_id.cases)
    assert.equal(newSwarmId(ascending(ids(existing))).toString(), expect);
});

test("swarm ids made from nothing follow the recorded sequence", () => {
  const made: SwarmId[] = [];
  for (const expected of chain.new_swarm_id_sequence_from_empty.ids) {
    made.push(newSwarmId(ascending(made)));
    assert.equal(made.at(-1)?.toString(), expected);
  }
});

test("ten thousand random additions and removals end in upstream's swarm ids", () => {
  const rng = new Mt19937_64(12_345n);
  const list: SwarmId[] = [];
  for (let i = 0; i < 10_000; i++) {
    const drawn = rng.next();
    if (drawn < 2n ** 62n && list.length > 0) list.splice(Number(drawn % BigInt(list.length)), 1);
    else insert(list, newSwarmId(list));
  }
  assert.equal(list.length, chain.deterministic_swarm_ids.final_size);
  for (const [index, expected] of Object.entries(chain.deterministic_swarm_ids.ids))
    assert.equal(list[Number(index)]?.toString(), expected);
});

test("an account's place on the ring is the one that upstream computes", () => {
  for (const [key, space] of chain.pubkey_to_swarm_space.cases)
    assert.equal(accountSpace(accountKey(key)).toString(), space);
  for (const { pubkey, swarm_space_u64 } of storage.pubkey_to_swarm_space.vectors)
    assert.equal(accountSpace(accountKey(pubkey)).toString(), swarm_space_u64);
});

test("an account belongs to the swarm that upstream's unit tests expect", () => {
  const vectors = chain.pubkey_to_swarm_id;
  const first = vectors.swarm_ids;
  const second = [...first, (2n ** 64n - 20n).toString()];
  const sets = [
    { swarms: first, cases: vectors.cases_low64_hex_to_id },
    { swarms: second, cases: vectors["after_adding_swarm_2^64-20"] },
    { swarms: ["0", ...second], cases: vectors.after_also_adding_swarm_0 },
  ];
  for (const { swarms, cases } of sets)
    for (const [low64, expected] of cases)
      assert.equal(responsibleSwarm(ids(swarms), BigInt(`0x${low64}`))?.toString(), expected);
  for (const { swarm_ids, cases } of storage.pubkey_to_swarm.sets)
    for (const { pubkey, expect_swarm } of cases)
      assert.equal(responsibleSwarm(ids(swarm_ids), accountSpace(accountKey(pubkey)))?.toString(), expect_swarm);
});

test("a swarm's part of the ring has upstream's boundaries", () => {
  const { swarm_ids, cases } = storage.swarm_boundaries;
  for (const { swarm, lower_excl, upper_incl } of cases) {
    const expected = { above: BigInt(lower_excl), upTo: BigInt(upper_incl) };
    assert.deepEqual(swarmRange(ids(swarm_ids), swarmId(BigInt(swarm))), expected);
  }
});

function insert(list: SwarmId[], id: SwarmId): void {
  const index = list.findIndex((other) => other > id);
  list.splice(index < 0 ? list.length : index, 0, id);
}
