import assert from "node:assert/strict";
import { test } from "node:test";
import type { Swarm } from "@swarmpost/network-view";
import { ManualClock } from "@swarmpost/runtime";
import { dataReason } from "./data-readiness.ts";
import type { SyncTask } from "./sync-task.ts";

const swarm = {} as Swarm;
const task = {} as SyncTask;

function reason(parts: { ownSwarm?: Swarm | undefined; sure?: boolean; behind?: SyncTask[]; quietMs?: number }) {
  const clock = new ManualClock();
  const { ownSwarm = swarm, sure = true, behind = [], quietMs = 0 } = parts;
  return dataReason({
    greeter: { sure },
    state: { behind, progressMs: clock.now() - quietMs },
    view: { ownSwarm: "ownSwarm" in parts ? parts.ownSwarm : ownSwarm },
    clock,
  });
}

test("a node that knows of nothing that it lacks is ready", () => {
  assert.equal(reason({}), undefined);
});

test("a node is not ready before it has asked its swarm, nor while it pulls", () => {
  assert.equal(reason({ sure: false }), "asking the swarm what it knows of this database");
  assert.equal(reason({ behind: [task] }), "pulling what this node lacks");
  assert.equal(reason({ behind: [task], quietMs: 59_999 }), "pulling what this node lacks");
});

test("nobody waits for data that does not come", () => {
  assert.equal(reason({ behind: [task], quietMs: 60_000 }), undefined);
});

test("a node in no swarm has no data to wait for", () => {
  assert.equal(reason({ ownSwarm: undefined, sure: false, behind: [task] }), undefined);
});
