import { type Account, createAccount } from "@swarmpost/client";
import { sign, verify } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import { type Database, openDatabase } from "@swarmpost/postgres";
import {
  accountBytes,
  DEFAULT_NAMESPACE,
  messageDigest,
  messageHashFromBytes,
  signedRetrieve,
} from "@swarmpost/storage-rpc";
import { inFlight, ownCpu } from "./in-flight.ts";
import type { BenchOptions } from "./options.ts";
import { cpuBetween, descendantsCpu, processCpu } from "./process-cpu.ts";
import { Rounds, type Section } from "./report.ts";
import { ask, rpcPayload } from "./storage-link.ts";
import { FULL_SWARM, LONE_SWARM, type StorageStage } from "./storage-stage.ts";
import { keeps, storeRequest } from "./store-request.ts";

const ACCOUNTS = 500;
const DEPTH = 512;
const BATCH = 128;

/** Someone who has read everything and asks again. */
interface Reader {
  readonly account: Account;
  /** Digest of the last message. */
  readonly last: Buffer;
}

/** A signed poll, as parsed and as sent. */
interface SignedPoll extends Reader {
  readonly message: Buffer;
  readonly signature: Buffer;
  readonly payload: Buffer;
}

type Name = "bare" | "bareCpu" | "barePostgres" | "polls" | "pollCpu" | "pollPostgres" | "bareTotal" | "pollTotal";

/** Question 3: empty polls, against a signature check and a batched select. */
export async function measurePolls(stage: StorageStage, { rounds, scale }: BenchOptions): Promise<Section> {
  const readers = await makeReaders(stage);
  await using database = openDatabase({ url: stage.lone.databaseUrl, maxConnections: 1 });
  const count = Math.round(8_000 * scale);
  const results = new Rounds<Name>();
  await measureRound(stage, database, signed(readers, count));
  for (let round = 0; round < rounds; round++) {
    results.add(await measureRound(stage, database, signed(readers, count)));
  }
  return {
    title: "3  Empty polls of one storage",
    ratios: [
      results.rateRatio("polls", "bare", "empty polls/s : signature check plus batched select"),
      results.ratio("pollTotal", "bareTotal", "CPU of an empty poll : CPU of the signature check plus batched select"),
    ],
    figures: [
      results.figure("bare", "/s", "bare: signature check plus batched select"),
      results.figure("polls", "/s", "empty polls"),
      results.figure("bareCpu", "µs CPU", "bare: client with its signature check"),
      results.figure("barePostgres", "µs CPU", "bare: Postgres"),
      results.figure("pollCpu", "µs CPU", "storage process, a poll"),
      results.figure("pollPostgres", "µs CPU", "Postgres, a poll"),
    ],
    counted: [
      `${ACCOUNTS} accounts that hold a message each ask for what came after it (\`last_hash\`); every request carries a signature of its own, ${DEPTH} in flight over the local link.`,
      `Bare: Ed25519 verification of the same signatures, then one select for ${BATCH} polls in the same database; the next batch is verified while Postgres works. No parsing, no link, no answer.`,
      "CPU of a poll: the storage process and Postgres, without the load.",
    ],
  };
}

async function makeReaders({ lone }: StorageStage): Promise<Reader[]> {
  const readers: Reader[] = [];
  await inFlight(ACCOUNTS, DEPTH, async () => {
    const account = loneAccount();
    const { json, data } = storeRequest(accountBytes(account.id));
    await ask(lone.link, rpcPayload(json));
    readers.push({ account, last: messageDigest(account.id, DEFAULT_NAMESPACE, data) });
  });
  return readers;
}

function loneAccount(): Account {
  for (;;) {
    const account = createAccount();
    if (keeps(LONE_SWARM, [LONE_SWARM, FULL_SWARM], accountBytes(account.id))) return account;
  }
}

function signed(readers: readonly Reader[], count: number): SignedPoll[] {
  const now = Date.now();
  return Array.from({ length: count }, (_, index) => {
    const reader = readers[index % readers.length] as Reader;
    const { id, ed25519 } = reader.account;
    const timestamp = now - Math.floor(index / readers.length);
    const message = Buffer.from(signedRetrieve(DEFAULT_NAMESPACE, timestamp));
    const signature = sign(message, ed25519.secretKey);
    const auth = { pubkey_ed25519: ed25519.publicKey.toString("hex"), signature: encodeBase64(signature), timestamp };
    const params = { pubkey: id, namespace: 0, last_hash: messageHashFromBytes(reader.last), ...auth };
    const payload = rpcPayload(Buffer.from(JSON.stringify({ method: "retrieve", params })));
    return { ...reader, message, signature, payload };
  });
}

async function measureRound(
  { lone }: StorageStage,
  database: Database,
  polls: readonly SignedPoll[],
): Promise<Record<Name, number>> {
  const per = 1 / polls.length;
  const start = descendantsCpu();
  let seconds = 0;
  const bareCpu = (await ownCpu(async () => (seconds = await runBare(database, polls)))) * per;
  const middle = { all: descendantsCpu(), storage: processCpu(lone.pid) };
  const barePostgres = cpuBetween(start, middle.all, ["postgres"]) * per;
  const pollSeconds = await inFlight(polls.length, DEPTH, async (index) => {
    const body = await ask(lone.link, (polls[index] as SignedPoll).payload);
    if (!body.includes('"messages":[]')) throw new TypeError("a poll that should be empty is not");
  });
  const pollCpu = (processCpu(lone.pid) - middle.storage) * per;
  const pollPostgres = cpuBetween(middle.all, descendantsCpu(), ["postgres"]) * per;
  const totals = { bareTotal: bareCpu + barePostgres, pollTotal: pollCpu + pollPostgres };
  return {
    bare: 1 / (seconds * per),
    polls: 1 / (pollSeconds * per),
    bareCpu,
    barePostgres,
    pollCpu,
    pollPostgres,
    ...totals,
  };
}

const select = {
  name: "bare_poll",
  text: `
select p.ord, w.hash, b.data
from unnest($1::bytea[], $2::bytea[]) with ordinality as p (account, last_hash, ord)
cross join lateral (
  select m.hash, m.seq, m.body_day from message m
  where m.account = p.account and m.namespace = 0 and m.expiry_ms > $3::bigint and m.seq > coalesce((
    select l.seq from message l where l.account = p.account and l.hash = p.last_hash and l.namespace = 0), 0)
  order by m.seq limit 100
) w
join body b on b.day = w.body_day and b.seq = w.seq`,
};

/** @returns seconds. */
async function runBare(database: Database, polls: readonly SignedPoll[]): Promise<number> {
  const started = performance.now();
  let selecting: Promise<unknown> = Promise.resolve();
  for (let start = 0; start < polls.length; start += BATCH) {
    const batch = polls.slice(start, start + BATCH);
    const good = batch.filter(({ signature, message, account }) =>
      verify(signature, message, account.ed25519.publicKey),
    );
    if (good.length < batch.length) throw new TypeError("a signature does not verify");
    await selecting;
    const accounts = batch.map(({ account }) => accountBytes(account.id));
    selecting = database.query({ ...select, values: [accounts, batch.map(({ last }) => last), Date.now()] });
  }
  await selecting;
  return (performance.now() - started) / 1_000;
}
