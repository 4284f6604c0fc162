import assert from "node:assert/strict";
import { afterEach, beforeEach } from "node:test";
import type { Pubkey } from "@swarmpost/crypto";
import { createAccount } from "./account.ts";
import { type ClientOptions, SwarmpostClient } from "./client.ts";
import type { ClientEvent } from "./client-event.ts";
import { type NetworkDescription, networkFromSeeds } from "./network-file.ts";
import { TestNetwork, type TestNode } from "./test-network.ts";

// What the tests of the client share: a fresh network of twelve nodes and a client for each test of the importing file.

export const alice = createAccount();
export const bob = createAccount();
export let network: TestNetwork;
export let client: SwarmpostClient;
/** What the client that connected last has told. */
export let events: ClientEvent[];

beforeEach(async () => {
  network = await TestNetwork.start(12);
  client = await connect();
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await network[Symbol.asyncDispose]();
});

/** Connects one more client, by three seeds. */
export async function connect(
  options: ClientOptions = {},
  known: Partial<NetworkDescription> = {},
): Promise<SwarmpostClient> {
  events = [];
  const seeds = network.nodes.slice(0, 3).map((each) => `${each.keys.pubkey}@${each.url}`);
  return await SwarmpostClient.connect(
    { ...networkFromSeeds(seeds), ...known },
    {
      onEvent: (event) => events.push(event),
      timeoutMs: 2_000,
      ...options,
    },
  );
}

/** The nodes that keep Bob's messages, in the client's order. */
export function bobsSwarm(): TestNode[] {
  return client.swarm(bob.id).members.map((member) => node(member.pubkey));
}

/** The node behind a key. */
export function node(key: Pubkey): TestNode {
  const found = network.find(key);
  assert.ok(found);
  return found;
}
