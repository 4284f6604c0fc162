import type { Database } from "@swarmpost/postgres";

/** One poll: the messages of an account and namespace after a known one. */
export interface Poll {
  readonly account: Buffer;
  readonly namespace: number;
  /** 32 bytes; everything from the start when absent or not known here. */
  readonly lastHash: Buffer | undefined;
  /** Most messages, at least 1. */
  readonly maxCount: number;
  /** Most bytes by the accounting of Session storage server 2.11; one message is always given. */
  readonly maxSize: number;
  /** Newest first (2.11). */
  readonly reverse: boolean;
}

/** A message as a poll answers it. */
export interface PolledMessage {
  readonly hash: Buffer;
  readonly timestampMs: number;
  readonly expiryMs: number;
  readonly data: Buffer;
}

/** The answer to one poll. */
export interface PollResult {
  readonly messages: PolledMessage[];
  /** There is more after these. */
  readonly more: boolean;
}

/** A poll with too much behind it to be answered beside many others; with these limits it can be run again. */
export interface HeavyPoll {
  readonly poll: Poll;
  /** Bytes of the bodies; the most it can be when not counted to the end. */
  readonly bytes: number;
  /** How far to walk the index to answer it. */
  readonly walk: number;
}

/** How far a statement goes for one poll. */
interface Bounds {
  /** Index entries looked at. */
  readonly walk: readonly number[];
  /** Most bytes of bodies that are fetched; undefined = whatever there is. */
  readonly bodyBytes: number | undefined;
}

interface Row {
  ord: bigint;
  hash: Buffer;
  timestamp_ms: bigint;
  expiry_ms: bigint;
  data: Buffer | null;
  more: boolean;
  here: boolean;
  bytes: bigint;
}

/** Index entries looked at for a poll at first: a page of large messages, or all that is new as a rule. */
const FIRST_WALK = 256;
/** A poll with more bytes of bodies than this is a heavy one. */
const LIGHT_BYTES = 65_536;
const ANY_BYTES = "9223372036854775807";

/** What the accounting adds to a message's base64 text: the frame around it and its hash. */
const OVERHEAD = 143;

/**
 * Each poll walks the index once, from its `last_hash` on, and fetches the bodies of what fits. The row after the last
 * that fits comes without a body and says that there is more. Bodies that are too many come not at all, but are counted.
 */
function text(reverse: boolean): string {
  const [beyond, order, start] = reverse ? ["<", "desc", "9223372036854775807"] : [">", "asc", "0"];
  return `
select p.ord, w.hash, w.timestamp_ms, w.expiry_ms, b.data, not w.fits as more, w.bytes <= $8::bigint as here, w.bytes
from unnest($1::bytea[], $2::int[], $3::bytea[], $4::int[], $5::bigint[], $7::int[])
  with ordinality as p (account, namespace, last_hash, max_count, max_size, walk, ord)
cross join lateral (
  select *, sum(case when fits then body_size else 0 end) over () as bytes from (
  select *, n = 1 or (n <= p.max_count and total <= p.max_size) as fits,
    lag(n = 1 or (n <= p.max_count and total <= p.max_size), 1, true) over (order by n) as before_fits
  from (
    select m.*, row_number() over (order by seq ${order}) as n,
      sum(${OVERHEAD} + 4 * body_size / 3) over (order by seq ${order}) as total
    from (
      select m.hash, m.seq, m.body_day, m.body_size, m.timestamp_ms, m.expiry_ms
      from message m
      where m.account = p.account and m.namespace = p.namespace and m.expiry_ms > $6::bigint
        and m.seq ${beyond} coalesce((
          select l.seq from message l
          where l.account = p.account and l.hash = p.last_hash and l.namespace = p.namespace), ${start})
      order by m.seq ${order}
      limit least(p.max_count, p.walk) + 1
    ) m
  ) counted ) page
) w
left join body b on w.fits and w.bytes <= $8::bigint and b.day = w.body_day and b.seq = w.seq
where w.fits or w.before_fits
order by p.ord, w.n`;
}

const forward = { name: "poll_forward", text: text(false) };
const backward = { name: "poll_backward", text: text(true) };

/**
 * Answers many polls in one statement, in the same order; in place of each that is too heavy for company it gives what is
 * known of it. All must have the same direction.
 */
export function runPolls(
  database: Database,
  polls: readonly Poll[],
  nowMs: number,
): Promise<(PollResult | HeavyPoll)[]> {
  return run(database, polls, { walk: polls.map(() => FIRST_WALK), bodyBytes: LIGHT_BYTES }, nowMs);
}

/** Answers heavy polls in one statement, in the same order. The caller bounds what they weigh together. */
export async function runHeavyPolls(
  database: Database,
  heavy: readonly HeavyPoll[],
  nowMs: number,
): Promise<(PollResult | HeavyPoll)[]> {
  const bounds = { walk: heavy.map(({ walk }) => walk), bodyBytes: undefined };
  return run(
    database,
    heavy.map(({ poll }) => poll),
    bounds,
    nowMs,
  );
}

async function run(
  database: Database,
  polls: readonly Poll[],
  bounds: Bounds,
  nowMs: number,
): Promise<(PollResult | HeavyPoll)[]> {
  const { rows } = await database.query<Row>({
    ...(polls[0]?.reverse === true ? backward : forward),
    values: [
      polls.map((poll) => poll.account),
      polls.map((poll) => poll.namespace),
      polls.map((poll) => poll.lastHash ?? null),
      polls.map((poll) => poll.maxCount),
      polls.map((poll) => poll.maxSize),
      nowMs,
      bounds.walk,
      bounds.bodyBytes ?? ANY_BYTES,
    ],
  });
  const found: Row[][] = polls.map(() => []);
  for (const row of rows) found[Number(row.ord) - 1]?.push(row);
  return polls.map((poll, i) => result(poll, bounds.walk[i] ?? FIRST_WALK, found[i] ?? []));
}

function result(poll: Poll, walk: number, rows: readonly Row[]): PollResult | HeavyPoll {
  // Every entry that was looked at fits: there may be more that do.
  const cut = rows.length > walk && walk < poll.maxCount && rows.at(-1)?.more === false;
  if (cut) return { poll, bytes: poll.maxSize, walk: poll.maxCount };
  const last = rows.at(-1);
  if (last?.here === false) return { poll, bytes: Number(last.bytes), walk };
  const messages = rows.flatMap((row) => (row.more || row.data === null ? [] : [message(row, row.data)]));
  return { messages, more: last?.more ?? false };
}

function message(row: Row, data: Buffer): PolledMessage {
  return { hash: row.hash, timestampMs: Number(row.timestamp_ms), expiryMs: Number(row.expiry_ms), data };
}
