import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const folder = import.meta.dirname;

/** Entries of the vector files that no test reads yet, and what has to exist first. */
const later: Record<string, string> = {
  swarm_unit_expectations: "describes upstream's own swarm algorithm; ours follows docs/protocol/swarm-map.md",
  swarm_scenarios: "describes upstream's own swarm algorithm; ours follows docs/protocol/swarm-map.md",
  quorum_rng: "obligations quorums",
  staking_requirement_oxen_mainnet: "history of Oxen's own chain",
  lock_periods_mainnet: "deregistration; the unlock wait is a parameter of our contract",
  min_contribution_pre_hf19_max4: "contributors",
  contribution_contract_min: "contributors",
  rewards_contract_operator_stake: "contributors",
  reward_split: "rewards",
  reward_rate_pool: "rewards",
  batch_payout_height: "rewards of Oxen's own chain",
  decommission_credit: "penalties",
  state_change_vote_hash: "votes",
  registration_hash_hf19: "registrations of Oxen's own chain",
  bls_tags_stagenet: "quorum-signed state changes",
  sn_data_serialization: "Oxen's own node-to-node format; ours is docs/protocol/replication.md",
  "derived_wire_examples.libquic_command_frame": "a transport of upstream's that is not ours",
  "derived_wire_examples.libquic_reply_frame": "a transport of upstream's that is not ours",
  "derived_wire_examples.data_ready_request_needs_dump":
    "Oxen's own node-to-node format; ours is docs/protocol/replication.md",
  "derived_wire_examples.data_ready_request_no_dump":
    "Oxen's own node-to-node format; ours is docs/protocol/replication.md",
  monitor_reply_literal: "subscriptions",
  dummy_sn_record: "no rule: a record used by upstream's tests",
};

/** Entries of several unlike things, each of which counts by itself. */
const collections = ["derived_wire_examples"];
const notes = ["kind", "source", "note"];

function entryNames(): string[] {
  const read = (name: string) => JSON.parse(readFileSync(join(folder, "vectors", name), "utf8"));
  const keyed = ["chain.json", "storage.json"].flatMap((name) =>
    Object.entries<object>(read(name)).flatMap(([entry, value]) => {
      const parts = Object.keys(value).filter((part) => !notes.includes(part));
      return collections.includes(entry) ? parts.map((part) => `${entry}.${part}`) : [entry];
    }),
  );
  const kinds = (read("client.json").vectors as { kind: string }[]).map((vector) => vector.kind);
  return [...new Set([...keyed, ...kinds])].filter((name) => !name.startsWith("_"));
}

function testedNames(): Set<string> {
  const tests = readdirSync(folder).filter((name) => name.endsWith(".ts") && name !== "coverage.test.ts");
  const text = tests.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  return new Set(entryNames().filter((name) => new RegExp(`\\b${name.split(".").at(-1)}\\b`).test(text)));
}

test("every entry of the vector files is tested, or names what has to exist first", () => {
  const tested = testedNames();
  assert.ok(tested.size >= 40, `${tested.size} entries are tested`);
  assert.deepEqual(
    entryNames().filter((name) => !tested.has(name) && later[name] === undefined),
    [],
  );
});

test("no entry that is tested is still listed as waiting", () => {
  const tested = testedNames();
  assert.deepEqual(
    Object.keys(later).filter((name) => tested.has(name) || !entryNames().includes(name)),
    [],
  );
});
