import assert from "node:assert/strict";
import { test } from "node:test";
import { migrate, openDatabase } from "@swarmpost/postgres";
import { decodeProof } from "@swarmpost/proof";
import { ManualClock } from "@swarmpost/runtime";
import { startPostgres } from "@swarmpost/testkit";
import type { KeptProof } from "./kept-proof.ts";
import { migrations } from "./migrations.ts";
import { ProofStore } from "./proof-store.ts";
import { ScriptedRelay } from "./testing/scripted-relay.ts";

test("a store that fell behind neither overwrites nor removes what another has written since", async () => {
  await using postgres = await startPostgres();
  await using database = openDatabase({ url: await postgres.createDatabase("proofs") });
  await migrate(database, migrations);
  await using relay = await ScriptedRelay.start(1, { clock: new ManualClock(), table: new Map() });
  const kept = (receivedMs: number): KeptProof => {
    const signed = relay.sign({ time: BigInt(receivedMs) });
    return { signed, proof: decodeProof(signed.proof)!, receivedMs, changesMs: [] };
  };
  const { pubkey } = relay.keys;
  const [old, young] = [kept(1_000), kept(2_000)];
  const [stale, current] = [new ProofStore(database), new ProofStore(database)];
  await stale.put(pubkey, old);
  await current.put(pubkey, young);
  await stale.put(pubkey, old);
  await stale.remove(pubkey, old.receivedMs);
  assert.deepEqual(
    (await current.load()).map(({ receivedMs }) => receivedMs),
    [2_000],
  );
  await current.remove(pubkey, young.receivedMs);
  assert.deepEqual(await current.load(), []);
});
