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

interface Row {
  ord: bigint;
  hash: Buffer;
  timestamp_ms: bigint;
  expiry_ms: bigint;
  data: Buffer | null;
  more: boolean;
}

/** What the accounting adds to a message's base64 text: the frame around it and its hash. */
const OVERHEAD = 143;

/**
 * Each poll walks the index once, from its `last_hash` on, and fetches the bodies of what fits. The row after the last
 * that fits comes without a body and says that there is more.
 */
function text(reverse: boolean): string {
  const [beyond, order, start] = reverse ? ["<", "desc", "9223372036854775807"] : [">", "asc", "0"];
  return `
select p.ord, w.hash, w.timestamp_ms, w.expiry_ms, b.data, not w.fits as more
from unnest($1::bytea[], $2::int[], $3::bytea[], $4::int[], $5::bigint[])
  with ordinality as p (account, namespace, last_hash, max_count, max_size, ord)
cross join lateral (
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
      limit p.max_count + 1
    ) m
  ) counted
) w
left join body b on w.fits and b.day = w.body_day and b.seq = w.seq
where w.fits or w.before_fits
order by p.ord, w.n`;
}

const forward = { name: "poll_forward", text: text(false) };
const backward = { name: "poll_backward", text: text(true) };

/** Answers many polls in one statement, in the same order. All must have the same direction. */
export async function runPolls(database: Database, polls: readonly Poll[], nowMs: number): Promise<PollResult[]> {
  const { rows } = await database.query<Row>({
    ...(polls[0]?.reverse === true ? backward : forward),
    values: [
      polls.map((poll) => poll.account),
      polls.map((poll) => poll.namespace),
      polls.map((poll) => poll.lastHash ?? null),
      polls.map((poll) => poll.maxCount),
      polls.map((poll) => poll.maxSize),
      nowMs,
    ],
  });
  const results = polls.map(() => ({ messages: [] as PolledMessage[], more: false }));
  for (const row of rows) {
    const result = results[Number(row.ord) - 1];
    if (result === undefined) continue;
    if (row.more) result.more = true;
    else if (row.data !== null) result.messages.push(message(row, row.data));
  }
  return results;
}

function message(row: Row, data: Buffer): PolledMessage {
  return { hash: row.hash, timestampMs: Number(row.timestamp_ms), expiryMs: Number(row.expiry_ms), data };
}
