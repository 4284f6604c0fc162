import { ClientError } from "./client-error.ts";
import type { Post } from "./https-post.ts";
import type { NetworkDescription, Seed } from "./network-file.ts";
import { askSeed } from "./seed.ts";
import { countStrangers, countVotes } from "./seed-votes.ts";
import { type ServiceNode, shortKey } from "./service-node.ts";

/** What came of asking one seed. */
export interface SeedReport {
  readonly url: string;
  /** How many nodes it named, 0 when it failed. */
  readonly nodes: number;
  /** Nodes it named that the majority did not: a seed that lies or lags. */
  readonly strangers: number;
  /** Why it did not count. */
  readonly failure?: string;
}

/** The nodes that this client believes in. */
export interface NodeList {
  readonly nodes: readonly ServiceNode[];
  /** Records that some seeds give and no majority confirms or contradicts: not used, but counted as a swarm's members. */
  readonly disputed: readonly ServiceNode[];
  readonly seeds: readonly SeedReport[];
  /** Height of the last final block that enough seeds for a majority know: no later list may be older. */
  readonly height: number;
  /** What a person should know about how far this can be trusted. */
  readonly warnings: readonly string[];
}

/**
 * Asks all seeds and believes what a majority of them says: with n ≥ 2 seeds a node counts when ⌊n/2⌋+1 of *all* seeds,
 * silent ones included, name it with the same keys, address, swarm and operator. So of 3 seeds one may lie or be down; of
 * 2 both must answer, and a node that they don't agree on is refused. One pinned seed works with a warning. A seed without a key is refused unless it is on loopback or
 * `insecure` is set. A seed that knows no block of `minHeight` yet, or any more, does not count: an old list, signed in its
 * time, must not come back.
 *
 * Throws ClientError "untrusted-seed", or "seeds-failed" that says what each seed did.
 */
export async function bootstrap(
  network: NetworkDescription,
  options: { insecure?: boolean; nowMs: number; minHeight?: number },
  post: Post,
): Promise<NodeList> {
  const warnings = judgeSeeds(network.seeds, options.insecure ?? false);
  const needed = network.seeds.length === 1 ? 1 : Math.floor(network.seeds.length / 2) + 1;
  const answers = await Promise.all(network.seeds.map((seed) => ask(seed, post, options)));
  const lists = answers.filter(({ failure }) => failure === undefined).map(({ named }) => named);
  const votes = countVotes(lists, needed);
  const seeds = answers.map(({ url, named, failure }) => ({
    url,
    nodes: named.length,
    strangers: countStrangers(named, votes),
    ...(failure === undefined ? {} : { failure }),
  }));
  const heights = answers.filter(({ failure }) => failure === undefined).map((answer) => answer.height);
  const answered = heights.length;
  if (answered < needed) throw seedsFailed(`${answered} of ${seeds.length} seeds gave a usable answer`, needed, seeds);
  const { believed: nodes, disputed } = votes;
  if (nodes.length === 0) throw seedsFailed("the seeds agree on no node", needed, seeds);
  warnings.push(...seeds.flatMap(warningAbout), ...warningOfDispute(disputed));
  const height = heights.sort((a, b) => b - a)[needed - 1] ?? 0;
  return { nodes, disputed, seeds, height, warnings };
}

interface Answer {
  readonly url: string;
  readonly named: readonly ServiceNode[];
  readonly height: number;
  readonly failure?: string;
}

async function ask(
  seed: Seed,
  post: Post,
  { nowMs, minHeight = 0 }: { nowMs: number; minHeight?: number },
): Promise<Answer> {
  const { url } = seed;
  const failed = (failure: string): Answer => ({ url, named: [], height: 0, failure });
  try {
    const { nodes: named, height } = await askSeed(seed, post, nowMs);
    if (height >= minHeight) return { url, named, height };
    return failed(`its list is of block ${height}, and one of block ${minHeight} was seen before`);
  } catch (error) {
    if (error instanceof ClientError) return failed(error.message);
    throw error;
  }
}

function judgeSeeds(seeds: readonly Seed[], insecure: boolean): string[] {
  if (seeds.length === 0) throw new ClientError("bad-network", "the network names no seed");
  const unpinned = seeds.filter((seed) => seed.pubkey === undefined && !isLoopback(seed.url));
  const first = unpinned[0];
  if (first !== undefined && !insecure) {
    throw new ClientError(
      "untrusted-seed",
      `the seed ${first.url} has no key, so anyone could answer for it: give KEY@URL, or allow it with --insecure`,
    );
  }
  const warnings = unpinned.map(({ url }) => `the seed ${url} is believed without a key: anyone could answer for it`);
  if (seeds.length === 1 && seeds[0]?.pubkey !== undefined && !isLoopback(seeds[0].url)) {
    warnings.push("one seed alone says who is in the network: name at least three that different people run");
  }
  return warnings;
}

function warningAbout(seed: SeedReport): string[] {
  if (seed.failure !== undefined) return [`the seed ${seed.url} did not count: ${seed.failure}`];
  if (seed.strangers === 0) return [];
  return [`the seed ${seed.url} names ${seed.strangers} nodes that the others do not`];
}

function warningOfDispute(disputed: readonly ServiceNode[]): string[] {
  const keys = [...new Set(disputed.map((node) => node.pubkey))];
  if (keys.length === 0) return [];
  const some = keys.slice(0, 3).map(shortKey).join(", ");
  return [
    `no majority of the seeds agrees on ${keys.length} nodes (${some}), which are refused: ask again, or name more seeds`,
  ];
}

function seedsFailed(what: string, needed: number, seeds: readonly SeedReport[]): ClientError {
  const each = seeds.map(({ url, failure, nodes }) => `${url}: ${failure ?? `${nodes} nodes`}`).join("; ");
  return new ClientError("seeds-failed", `${what}, ${needed} must agree (${each})`);
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
