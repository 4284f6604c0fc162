import assert from "node:assert/strict";
import { test } from "node:test";
import { sign } from "@swarmpost/crypto";
import { type MessageHash, messageHash, namespace } from "@swarmpost/storage-rpc";
import type { ConfigDict } from "../config/config-diff.ts";
import { changeConfig, type ConfigMessage, emptyConfig } from "../config/config-message.ts";
import type { NetworkClock } from "../network-clock.ts";
import type { SwarmRequests } from "../swarm-requests.ts";
import { createGroup, groupCredentials } from "./group.ts";
import { sealGroupConfig, SignedConfig } from "./signed-config.ts";

const group = createGroup();
const MEMBERS = namespace(14);
const [old, fresh] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const { signal } = new AbortController();
const hashOf = (data: Buffer): MessageHash => messageHash(group.id, MEMBERS, data);
const written = (before: ConfigMessage, key: string) =>
  changeConfig(
    before,
    (data) => data.set(key, Buffer.from("kept")),
    (message) => sign(message, group.secretKey),
  );
const keysOf = (data: ConfigDict): string[] => [...data.keys()].toSorted();

/** An admin's view of a swarm of one member, which holds what a test puts there. */
function heldBySwarm() {
  const [held, deleted, known]: [Buffer[], string[], Buffer[]] = [[], [], [old]];
  const receipt = { members: [], answered: { path: { hops: [] } }, member: { pubkey: "A" }, attempts: 1 };
  const ask = async (question: { make: (member: object) => { method: string; params: Record<string, unknown> } }) => {
    const { method, params } = question.make({});
    if (method === "store") held.push(Buffer.from(String(params["data"]), "base64"));
    if (method === "delete") deleted.push(...(params["messages"] as string[]));
    if (method !== "retrieve") return { ...receipt, result: [] };
    const items = held.map((data) => ({ hash: hashOf(data), data, forged: false }));
    const from = items.findIndex(({ hash }) => hash === params["last_hash"]) + 1;
    return { ...receipt, result: { items: items.slice(from), more: false } };
  };
  const clock = { now: () => 1_700_000_000_000 } as NetworkClock;
  const parts = { swarm: { ask } as unknown as SwarmRequests, clock };
  const options = { group: group.id, kind: "members", credentials: groupCredentials(group), admin: group } as const;
  return { held, deleted, known, config: new SignedConfig({ ...options, keys: () => known }, parts) };
}

test("what a member stores beside a config neither pushes it out nor is made to stay", async () => {
  for (const first of [true, false]) {
    const { held, config } = heldBySwarm();
    const sealed = sealGroupConfig(old, "members", written(emptyConfig(), "bob").bytes);
    const junk = Array.from({ length: 300 }, (_, i) => Buffer.from(`junk ${i}`));
    held.push(...(first ? [sealed] : junk));
    await config.read(signal);
    held.push(...(first ? junk : [sealed]));
    assert.deepEqual(keysOf(await config.read(signal)), ["bob"]);
    assert.deepEqual(await config.hashes(signal), [hashOf(sealed)]);
  }
});

test("a change deletes what it replaces, and not what another admin wrote under a key that is not known yet", async () => {
  const { held, deleted, known, config } = heldBySwarm();
  const base = written(emptyConfig(), "bob");
  const other = written(base.config, "carol");
  const [before, closed] = [
    sealGroupConfig(old, "members", base.bytes),
    sealGroupConfig(fresh, "members", other.bytes),
  ];
  held.push(before, closed);
  await config.change((data) => data.set("dave", Buffer.from("kept")), signal);
  assert.deepEqual(deleted, [hashOf(before)]);
  known.push(fresh);
  assert.deepEqual(keysOf(await config.read(signal)), ["bob", "carol", "dave"]);
});

test("however often a member stores an old version again, the last one counts", async () => {
  const { held, known, config } = heldBySwarm();
  const first = written(emptyConfig(), "bob");
  const last = changeConfig(
    first.config,
    (data) => data.clear(),
    (message) => sign(message, group.secretKey),
  );
  held.push(sealGroupConfig(old, "members", last.bytes));
  for (let fill = 3; fill < 23; fill++) {
    known.push(Buffer.alloc(32, fill));
    held.push(sealGroupConfig(Buffer.alloc(32, fill), "members", first.bytes));
  }
  assert.deepEqual(keysOf(await config.read(signal)), []);
});
