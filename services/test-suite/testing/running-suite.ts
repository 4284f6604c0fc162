import type { Pubkey } from "@swarmpost/crypto";
import { decodeProof, type UptimeProof } from "@swarmpost/proof";
import { ProofService } from "@swarmpost/protos";
import { type Client, createClient, openChannel } from "@swarmpost/rpc";
import { type Clock, createRuntime, parseConfig, readClusterTls, type Runtime, silentLogger } from "@swarmpost/runtime";
import { type TestSuiteConfig, testSuiteConfig } from "../config.ts";
import { createTestSuite, type TestSuite } from "../service.ts";
import type { ScriptedRelay } from "./scripted-relay.ts";

/** A test-suite under test with a client of it. */
export interface RunningSuite extends AsyncDisposable {
  readonly service: TestSuite;
  readonly runtime: Runtime;
  readonly client: Client<typeof ProofService>;
  /** The proofs it gives out, by node. */
  proven(): Promise<Map<Pubkey, UptimeProof>>;
  /** The value of one series of the metrics. */
  metric(series: string): Promise<number>;
}

/** What a test says; the rest is quick defaults. */
export type SuiteSettings = Pick<TestSuiteConfig, "BUS_URL" | "DATABASE_URL" | "CHAIN_WATCHER"> &
  Partial<TestSuiteConfig>;

const quick = {
  GRPC_HOST: "127.0.0.1",
  GRPC_PORT: 0,
  PEER_SEEDS: [],
  ADDRESS_POLICY: "private",
  MINIMUM_VERSION: [2, 11, 0],
  PROOF_INTERVAL_MS: 3_600_000,
  PROOF_LIFETIME_MS: 7_500_000,
  CONTACT_CHECK_MS: 100,
  REGISTRY_POLL_MS: 100,
  SPREAD_MS: 100,
  DIGEST_MS: 300,
  CANARY_INTERVAL_MS: 0,
  CANARY_WAIT_MS: 0,
  CANARY_TTL_MS: 60_000,
  CANARY_CONFIRM_MS: 100,
} satisfies Partial<TestSuiteConfig>;

/** Starts a test-suite on real Postgres and NATS for these relays, which learn where it is. */
export async function startSuite(
  settings: SuiteSettings,
  relays: readonly ScriptedRelay[],
  clock?: Clock,
): Promise<RunningSuite> {
  await using stack = new AsyncDisposableStack();
  const runtime = createRuntime("test-suite", { logger: silentLogger, ...(clock ? { clock } : {}) });
  const config = {
    ...parseConfig(testSuiteConfig, { DATABASE_URL: settings.DATABASE_URL }),
    ...quick,
    RELAYS: relays.map((relay) => relay.address),
    ...settings,
  };
  const service = stack.use(await createTestSuite(config, runtime));
  for (const relay of relays) relay.testSuite = service.address;
  const client = createClient(ProofService, stack.use(openChannel(service.address, { tls: readClusterTls(config) })));
  const opened = stack.move();
  return {
    service,
    runtime,
    client,
    proven: async () => {
      const { proofs } = await client.getProofs({});
      const read = proofs.flatMap(({ signed }) => decodeProof(signed?.proof ?? Buffer.alloc(0)) ?? []);
      return new Map(read.map((proof) => [proof.pubkey, proof]));
    },
    metric: async (series) => {
      const line = (await runtime.metrics.render()).split("\n").find((text) => text.startsWith(`${series} `));
      return Number(line?.split(" ").at(-1));
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
