import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { eventually } from "@swarmpost/testkit";
import { Sandbox } from "../e2e/spawned-program.ts";

const limitMiB = 1_536;
const nodes = 24;

/** A process's resident memory in MiB; a page that several processes share, as Postgres's do, counts once in their sum. */
async function residentMiB(pid: string): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) / 1024;
}

test("24 idle nodes in one process, with their Postgres and chain, stay under 1.5 GB", async (t) => {
  await using place = await Sandbox.make();
  const up = place.start("libs/cli/main.ts", ["net", "up", "--nodes", String(nodes), "--json"]);
  await up.says(/"seed"/);
  const sums = async (): Promise<Map<string, number>> => {
    const byProgram = new Map<string, number>();
    for (const { pid, command } of await place.leftProcesses()) {
      const program = /postgres|anvil|swarmpost|main\.ts/.exec(command)?.[0] ?? "other";
      byProgram.set(program, (byProgram.get(program) ?? 0) + (await residentMiB(pid)));
    }
    return byProgram;
  };
  // What the start has left behind goes with the next collections.
  await eventually(
    async () => {
      const byProgram = await sums();
      const total = [...byProgram.values()].reduce((sum, each) => sum + each, 0);
      const shown = [...byProgram].map(([program, mib]) => `${program} ${Math.round(mib)}`).join(", ");
      t.diagnostic(`${Math.round(total)} MiB: ${shown}`);
      assert.ok(byProgram.has("postgres") && byProgram.has("main.ts"), "both must be counted");
      assert.ok(total < limitMiB, `${Math.round(total)} MiB: ${shown}`);
    },
    { timeoutMs: 60_000, intervalMs: 5_000 },
  );
  up.interrupt();
  assert.equal((await up.ended).code, 0);
  await place.clean();
});
