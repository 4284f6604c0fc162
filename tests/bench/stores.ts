import { inFlight, ownCpu } from "./in-flight.ts";
import type { BenchOptions } from "./options.ts";
import { cpuBetween, descendantsCpu, processCpu } from "./process-cpu.ts";
import { INSERT_BATCH, insertAll, insertBatches, prepareDays } from "./raw-inserts.ts";
import { Rounds, type Section } from "./report.ts";
import { ask, rpcPayload } from "./storage-link.ts";
import { FULL_SIZE, FULL_SWARM, LONE_SWARM, type StorageStage, type StorageUnderTest } from "./storage-stage.ts";
import { accountsOf, storeRequest, type StoreRequestText } from "./store-request.ts";

const DEPTH = 512;
const SWARMS = [LONE_SWARM, FULL_SWARM];

type Name =
  | "raw1"
  | "raw4"
  | "raw1Cpu"
  | "raw1Postgres"
  | "lone"
  | "loneCpu"
  | "lonePostgres"
  | "full"
  | "fullCpu"
  | "fullPostgres"
  | "rawTotal"
  | "loneTotal"
  | "fullTotal";

/** Question 2: acknowledged stores, against raw batched inserts of the same rows. */
export async function measureStores(stage: StorageStage, { rounds, scale }: BenchOptions): Promise<Section> {
  const counts = { lone: Math.round(4_000 * scale), full: Math.round(1_500 * scale) };
  const results = new Rounds<Name>();
  await prepareDays(stage.bare, [
    storeRequest(),
    { ...storeRequest(), expiryMs: storeRequest().expiryMs + 86_400_000 },
  ]);
  await measureRound(stage, counts); // Until code is compiled, statements are prepared and links are open.
  for (let round = 0; round < rounds; round++) results.add(await measureRound(stage, counts));
  return {
    title: "2  Acknowledged stores of one storage, and of a whole swarm",
    ratios: ratiosOf(results),
    figures: figuresOf(results),
    counted: [
      "Every store is acknowledged: committed by a majority of its swarm (here: by all that are up) in a Postgres that writes through to the disk.",
      `Requests of ${DEPTH} clients at once come over the local link, as from the relay; ${FULL_SIZE} storages take them in turn in the whole swarm. No onion, no HTTPS.`,
      `Raw: the same two rows for a message, ${INSERT_BATCH} a statement (unnest), the same tables, indexes and server; over one connection, as the storage commits, and over four.`,
      "CPU of a store: the storage processes and Postgres, without the load; CPU of a raw row: Postgres and the inserting client.",
    ],
  };
}

function ratiosOf(results: Rounds<Name>): Section["ratios"] {
  return [
    results.rateRatio("lone", "raw1", "acknowledged stores/s of one storage : raw rows/s over one connection"),
    results.rateRatio("lone", "raw4", "acknowledged stores/s of one storage : raw rows/s over four connections"),
    results.ratio("loneTotal", "rawTotal", "CPU of a store in a swarm of one : CPU of a raw row"),
    results.ratio("fullTotal", "rawTotal", `CPU of a store in a swarm of ${FULL_SIZE} : CPU of a raw row`),
    results.ratio("fullTotal", "loneTotal", `CPU of a store in a swarm of ${FULL_SIZE} : in a swarm of one`),
  ];
}

function figuresOf(results: Rounds<Name>): Section["figures"] {
  return [
    results.figure("raw1", "/s", "raw rows, one connection"),
    results.figure("raw4", "/s", "raw rows, four connections"),
    results.figure("lone", "/s", "acknowledged stores, one storage that is a swarm by itself"),
    results.figure("full", "/s", `acknowledged stores, a whole swarm of ${FULL_SIZE}`),
    results.figure("raw1Cpu", "µs CPU", "client of the raw inserts, a row"),
    results.figure("raw1Postgres", "µs CPU", "Postgres, a raw row"),
    results.figure("loneCpu", "µs CPU", "storage process, a store in a swarm of one"),
    results.figure("lonePostgres", "µs CPU", "Postgres, a store in a swarm of one"),
    results.figure("fullCpu", "µs CPU", `all storage processes, a store in a swarm of ${FULL_SIZE}`),
    results.figure("fullPostgres", "µs CPU", `Postgres, a store in a swarm of ${FULL_SIZE}`),
  ];
}

async function measureRound(
  stage: StorageStage,
  counts: { readonly lone: number; readonly full: number },
): Promise<Record<Name, number>> {
  const raw = await rawRound(stage, requests(LONE_SWARM, counts.lone));
  const lone = await storeRound([stage.lone], requests(LONE_SWARM, counts.lone));
  const full = await storeRound(stage.full, requests(FULL_SWARM, counts.full));
  return {
    ...raw,
    lone: lone.perSecond,
    loneCpu: lone.cpu,
    lonePostgres: lone.postgres,
    loneTotal: lone.cpu + lone.postgres,
    full: full.perSecond,
    fullCpu: full.cpu,
    fullPostgres: full.postgres,
    fullTotal: full.cpu + full.postgres,
  };
}

async function rawRound(
  { bare }: StorageStage,
  rows: readonly StoreRequestText[],
): Promise<Record<"raw1" | "raw4" | "raw1Cpu" | "raw1Postgres" | "rawTotal", number>> {
  const [first, second] = [insertBatches(rows), insertBatches(requests(LONE_SWARM, rows.length))];
  const before = descendantsCpu();
  let seconds = 0;
  const cpu = (await ownCpu(async () => (seconds = await insertAll(bare, first, 1)))) / rows.length;
  const postgres = cpuBetween(before, descendantsCpu(), ["postgres"]) / rows.length;
  const raw4 = rows.length / (await insertAll(bare, second, 4));
  return { raw1: rows.length / seconds, raw4, raw1Cpu: cpu, raw1Postgres: postgres, rawTotal: cpu + postgres };
}

async function storeRound(storages: readonly StorageUnderTest[], stores: readonly StoreRequestText[]) {
  const payloads = stores.map(({ json }) => rpcPayload(json));
  const cpuNow = () => storages.reduce((sum, { pid }) => sum + processCpu(pid), 0);
  const before = { all: descendantsCpu(), storages: cpuNow() };
  const seconds = await inFlight(payloads.length, DEPTH, (index) =>
    ask((storages[index % storages.length] as StorageUnderTest).link, payloads[index] as Buffer),
  );
  const cpu = (cpuNow() - before.storages) / payloads.length;
  const postgres = cpuBetween(before.all, descendantsCpu(), ["postgres"]) / payloads.length;
  return { perSecond: payloads.length / seconds, cpu, postgres };
}

function requests(swarm: bigint, count: number): StoreRequestText[] {
  return accountsOf(swarm, SWARMS, count).map((account) => storeRequest(account));
}
