import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@swarmpost/testkit";
import { ByteWriter } from "../byte-writer.ts";
import { writeEntry, writeList, writeTombstone } from "../handoff-codec.ts";
import { VERDICT } from "../handoff-receive.ts";
import type { MessageEntry } from "../message-key.ts";
import { KIND } from "../replica-kinds.ts";
import { askAs } from "../testing/peer-requests.ts";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

async function offered(from: TestNode, to: TestNode, entry: MessageEntry): Promise<number[]> {
  const writer = new ByteWriter().u64(0);
  writeList(writer, [entry], writeEntry);
  writeList(writer, [{ ...entry, deletion: Buffer.alloc(32) }], writeTombstone);
  return [...(await askAs(from, to, KIND.offer, writer.finish()))];
}

test("a node that never kept an account learns nothing of it by offering what it does not have", async () => {
  await using swarm = await TestSwarm.start(1);
  const [victim] = swarm.nodes as [TestNode];
  const stranger = await swarm.add();
  await eventually(() => assert.equal(victim.service.node.whole.ownState, "whole"));
  const account = new TestAccount();
  const here = (await victim.rpc("store", account.store("here"))).body.hash as string;
  const gone = (await victim.rpc("store", account.store("gone"))).body.hash as string;
  await victim.rpc("delete", account.delete([gone]));
  const key = (hash: string) => ({ account: Buffer.from(account.id, "hex"), hash: Buffer.from(hash, "base64") });
  const guess = { namespace: 0, stamp: { ms: 0, node: Buffer.alloc(32) }, expiryMs: 0, bodySize: 4 };
  for (const hash of [here, gone, "A".repeat(43)]) {
    const verdicts = await offered(stranger, victim, { ...key(hash), ...guess });
    assert.deepEqual(verdicts, [VERDICT.refused, VERDICT.refused]);
  }
  const { rows } = await victim.service.node.data.database.query<{ ms: bigint; node: Buffer }>({
    text: "select stamp_ms as ms, stamp_node as node from message where hash = $1",
    values: [key(here).hash],
  });
  const stamp = { ms: Number(rows[0]?.ms), node: rows[0]!.node };
  const known = await offered(stranger, victim, { ...key(here), ...guess, stamp });
  assert.equal(known[0], VERDICT.settled, "who has it may know that it can be erased");
});
