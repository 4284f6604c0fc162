import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { testAuthority } from "@swarmpost/rpc/test-authority.ts";
import { systemClock } from "@swarmpost/runtime";
import { eventually, type NatsServer, type PostgresServer, startNats, startPostgres } from "@swarmpost/testkit";
import { startSuite } from "./testing/running-suite.ts";
import { ScriptedChain } from "./testing/scripted-chain.ts";
import { type PeerLinkTable, ScriptedRelay } from "./testing/scripted-relay.ts";

const folder = mkdtempSync(join(tmpdir(), "cluster-tls-"));
let nats: NatsServer;
let postgres: PostgresServer;

before(async () => {
  [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
});

after(async () => {
  await Promise.all([nats[Symbol.asyncDispose](), postgres[Symbol.asyncDispose]()]);
  rmSync(folder, { recursive: true });
});

test("a relay behind a name proves itself when its certificate is for that name, and is silent with any other", async () => {
  const authority = await testAuthority();
  const own = await authority.issue("127.0.0.1");
  const right = await authority.issue("localhost");
  const wrong = await authority.issue("elsewhere");
  await using chain = new ScriptedChain({ tls: own });
  await chain.listen();
  const table: PeerLinkTable = new Map();
  await using good = await ScriptedRelay.start(1, { clock: systemClock, table, tls: right });
  await using bad = await ScriptedRelay.start(2, { clock: systemClock, table, tls: wrong });
  chain.join(good.keys.pubkey, bad.keys.pubkey);
  const files = { CLUSTER_CA_FILE: own.ca, CLUSTER_CERT_FILE: own.certificate, CLUSTER_KEY_FILE: own.key };
  const paths = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return [name, join(folder, name)];
  });
  const settings = {
    BUS_URL: nats.url,
    DATABASE_URL: await postgres.createDatabase("cluster_tls"),
    CHAIN_WATCHER: chain.address,
    RELAYS: [good, bad].map(({ address: { port } }) => ({ host: "localhost", port })),
  };
  await using suite = await startSuite({ ...settings, ...Object.fromEntries(paths) }, [good, bad]);
  await eventually(async () => {
    assert.deepEqual([...(await suite.proven()).keys()], [good.keys.pubkey]);
    assert.deepEqual(suite.runtime.health.reasons(), []);
  });
  assert.equal(bad.signed, 0);
});
