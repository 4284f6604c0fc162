import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import { createAccount } from "./account.ts";
import type { ClientError } from "./client-error.ts";
import { countVotes } from "./seed-votes.ts";
import type { ServiceNode } from "./service-node.ts";
import { Swarms } from "./swarms.ts";

const SWARM = 7n;
const account = createAccount().id;

/** The swarm of every account while there is no other: seven nodes. */
const honest = Array.from({ length: 7 }, (_, index): ServiceNode => {
  const { pubkey, x25519 } = nodeKeysFromSeed(generateSeed());
  return { pubkey, x25519: x25519.publicKey, ip: `203.0.113.${index}`, httpsPort: 22021, swarmId: SWARM };
});

/** What a client with two seeds, or three of which one is down, makes of an honest and another list. */
function swarmsAfter(told: readonly ServiceNode[]): Swarms {
  const { believed, disputed } = countVotes([honest, told], 2);
  const swarms = new Swarms();
  swarms.replace({ nodes: believed, disputed });
  return swarms;
}

test("a seed that leaves members of a swarm out does not make the majority smaller", () => {
  const { members, size } = swarmsAfter(honest.slice(0, 5)).of(account);
  assert.deepEqual([members.length, size], [5, 7]);
});

test("a seed that says members sit in another swarm does not make the majority smaller", () => {
  const told = honest.map((node, index) => (index > 3 ? { ...node, swarmId: 2n ** 63n } : node));
  const swarms = swarmsAfter(told);
  assert.equal(swarms.count(), 2);
  const outcomes = Array.from({ length: 24 }, () => {
    try {
      return swarms.of(createAccount().id).size;
    } catch (error) {
      return (error as ClientError).code;
    }
  });
  assert.deepEqual(new Set(outcomes), new Set([7, "no-swarm"]));
});

test("a swarm of which the seeds agree on less than a majority is not used at all", () => {
  for (const told of [honest.slice(0, 3), honest.map((node, i) => ({ ...node, swarmId: i < 3 ? SWARM : 9n }))]) {
    assert.throws(() => swarmsAfter(told).of(account), { code: "no-swarm", message: /seeds don't agree/ });
  }
});

test("of three seeds one can neither shrink a swarm nor inflate it", () => {
  const invented = honest.map((node) => ({ ...node, pubkey: nodeKeysFromSeed(generateSeed()).pubkey }));
  for (const told of [[], [honest[0]!], [...honest, ...invented]]) {
    const { believed, disputed } = countVotes([told, honest, honest], 2);
    assert.deepEqual([believed.length, disputed.length], [7, 0]);
  }
});
