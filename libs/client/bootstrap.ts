import { ClientError } from "./client-error.ts";
import type { Post } from "./https-post.ts";
import type { NetworkDescription, Seed } from "./network-file.ts";
import { askSeed } from "./seed.ts";
import type { ServiceNode } from "./service-node.ts";

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
  readonly seeds: readonly SeedReport[];
  /** What a person should know about how far this can be trusted. */
  readonly warnings: readonly string[];
}

/**
 * Asks all seeds and believes what a majority of them says: with n ≥ 2 seeds a node counts when ⌊n/2⌋+1 of *all* seeds,
 * silent ones included, name it with the same keys and address. So of 3 seeds one may lie or be down; of 2 both must
 * answer and agree. One pinned seed works with a warning. A seed without a key is refused unless it is on loopback or
 * `insecure` is set.
 *
 * Throws ClientError "untrusted-seed", or "seeds-failed" that says what each seed did.
 */
export async function bootstrap(
  network: NetworkDescription,
  options: { insecure?: boolean; nowMs: number },
  post: Post,
): Promise<NodeList> {
  const warnings = judgeSeeds(network.seeds, options.insecure ?? false);
  const needed = network.seeds.length === 1 ? 1 : Math.floor(network.seeds.length / 2) + 1;
  const answers = await Promise.all(network.seeds.map((seed) => ask(seed, post, options.nowMs)));
  const nodes = countVotes(answers, needed);
  const believed = new Set(nodes.map(recordOf));
  const seeds = answers.map(({ url, named, failure }) => ({
    url,
    nodes: named.length,
    strangers: named.filter((node) => !believed.has(recordOf(node))).length,
    ...(failure === undefined ? {} : { failure }),
  }));
  const answered = seeds.filter((seed) => seed.failure === undefined).length;
  if (answered < needed) throw seedsFailed(`${answered} of ${seeds.length} seeds gave a usable answer`, needed, seeds);
  if (nodes.length === 0) throw seedsFailed("the seeds agree on no node", needed, seeds);
  return { nodes, seeds, warnings: [...warnings, ...seeds.flatMap(warningAbout)] };
}

interface Answer {
  readonly url: string;
  readonly named: readonly ServiceNode[];
  readonly failure?: string;
}

async function ask(seed: Seed, post: Post, nowMs: number): Promise<Answer> {
  try {
    return { url: seed.url, named: await askSeed(seed, post, nowMs) };
  } catch (error) {
    if (error instanceof ClientError) return { url: seed.url, named: [], failure: error.message };
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

/** Each record (keys and address) that enough seeds name; its swarm and operator as most of those seeds say. */
function countVotes(answers: readonly Answer[], needed: number): ServiceNode[] {
  const votes = new Map<string, ServiceNode[]>();
  for (const { named } of answers) {
    const ofThisSeed = new Map(named.map((node) => [recordOf(node), node]));
    for (const [record, node] of ofThisSeed) votes.set(record, [...(votes.get(record) ?? []), node]);
  }
  const believed = [...votes.values()].filter((named) => named.length >= needed).map(mostNamed);
  const keys = believed.map((node) => node.pubkey);
  return believed.filter((node) => keys.indexOf(node.pubkey) === keys.lastIndexOf(node.pubkey));
}

function mostNamed(named: readonly ServiceNode[]): ServiceNode {
  const timesSaid = (node: ServiceNode): number => named.filter((other) => other.swarmId === node.swarmId).length;
  return named.reduce((best, node) => (timesSaid(node) > timesSaid(best) ? node : best));
}

function recordOf(node: ServiceNode): string {
  return `${node.pubkey} ${node.x25519.toString("hex")} ${node.ip}:${node.httpsPort}`;
}

function warningAbout(seed: SeedReport): string[] {
  if (seed.failure !== undefined) return [`the seed ${seed.url} did not count: ${seed.failure}`];
  if (seed.strangers === 0) return [];
  return [`the seed ${seed.url} names ${seed.strangers} nodes that the others do not`];
}

function seedsFailed(what: string, needed: number, seeds: readonly SeedReport[]): ClientError {
  const each = seeds.map(({ url, failure, nodes }) => `${url}: ${failure ?? `${nodes} nodes`}`).join("; ");
  return new ClientError("seeds-failed", `${what}, ${needed} must agree (${each})`);
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
