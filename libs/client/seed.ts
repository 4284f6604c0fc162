import type { Pubkey } from "@swarmpost/crypto";
import { parseSeedSignature, type SeedSignature, verifySeedAnswer } from "@swarmpost/onion";
import { ClientError } from "./client-error.ts";
import type { Post } from "./https-post.ts";
import type { Seed } from "./network-file.ts";
import { hasAddress, NODE_FIELDS, parseJsonWithSwarmIds, parseServiceNode, type ServiceNode } from "./service-node.ts";

/** How old a signed answer may be, and how far the clocks may differ: stops an old list from being played back for long. */
const FRESH_MS = 10 * 60 * 1000;

/** How long a seed has to answer (Session Desktop's limit). */
const TIMEOUT_MS = 5_000;

/** What a seed says: the nodes that can be reached, and the height of its last final block. */
export interface SeedAnswer {
  readonly nodes: readonly ServiceNode[];
  /** Signed, when the seed's key is pinned. */
  readonly height: number;
}

/**
 * Asks one seed for the active nodes (client-protocol section 2). With a pinned key the answer counts only when the seed
 * signed exactly these nodes within ten minutes of `nowMs` (docs/protocol/seed-answer.md). Throws ClientError "seeds-failed" when it can't be reached and
 * "bad-seed-answer" when it lies, is unsigned or makes no sense.
 */
export async function askSeed(seed: Seed, post: Post, nowMs: number): Promise<SeedAnswer> {
  const { result, swarmpost } = parseAnswer(await postQuestion(seed, post));
  const states = result["service_node_states"];
  if (!Array.isArray(states)) throw badAnswer("it names no nodes");
  const nodes = states.map(parseServiceNode);
  if (nodes.includes(undefined)) throw badAnswer("a node in it lacks its key or its address");
  const known = nodes as ServiceNode[];
  if (new Set(known.map((node) => node.pubkey)).size !== known.length) throw badAnswer("it names a node twice");
  const signed = seed.pubkey === undefined ? undefined : checkSignature(swarmpost, known, seed.pubkey, nowMs);
  const height = signed?.height ?? Number(result["height"] ?? 0);
  return { nodes: known.filter(hasAddress), height };
}

async function postQuestion(seed: Seed, post: Post): Promise<string> {
  const fields = Object.fromEntries(NODE_FIELDS.map((field) => [field, true]));
  const params = { active_only: true, fields };
  const question = JSON.stringify({ jsonrpc: "2.0", id: 0, method: "get_n_service_nodes", params });
  try {
    const answer = await post(`${seed.url}/json_rpc`, question, { timeoutMs: TIMEOUT_MS });
    if (answer.status !== 200) throw badAnswer(`it answered with status ${answer.status}`);
    return answer.body.toString("utf8");
  } catch (cause) {
    if (cause instanceof ClientError) throw cause;
    throw new ClientError("seeds-failed", "it can't be reached", { cause });
  }
}

function parseAnswer(text: string): { result: Record<string, unknown>; swarmpost: unknown } {
  let answer: unknown;
  try {
    answer = parseJsonWithSwarmIds(text);
  } catch (cause) {
    throw badAnswer("its answer is not JSON", cause);
  }
  const { result, swarmpost } = (typeof answer === "object" && answer !== null ? answer : {}) as Record<
    string,
    unknown
  >;
  if (typeof result !== "object" || result === null) throw badAnswer("its answer has no result");
  return { result: result as Record<string, unknown>, swarmpost };
}

function checkSignature(field: unknown, nodes: readonly ServiceNode[], pinned: Pubkey, nowMs: number): SeedSignature {
  const signed = parseSeedSignature(field);
  if (signed === undefined) throw badAnswer("its answer is not signed, though its key is pinned");
  if (signed.signer !== pinned) throw badAnswer("its answer is signed by another key than the pinned one");
  if (!verifySeedAnswer(nodes, signed)) throw badAnswer("the signature of its answer is wrong");
  if (Math.abs(signed.t - nowMs) > FRESH_MS) {
    throw badAnswer("its answer was signed more than 10 minutes off this computer's clock: check the clock");
  }
  return signed;
}

function badAnswer(message: string, cause?: unknown): ClientError {
  return new ClientError("bad-seed-answer", message, { cause });
}
