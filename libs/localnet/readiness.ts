import { setTimeout as delay } from "node:timers/promises";
import { ChainService, ProofService, type Registry, type SwarmMap, SwarmService } from "@swarmpost/protos";
import { createClient, openChannel } from "@swarmpost/rpc";
import { Agent, request } from "undici";
import type { Cluster } from "./cluster.ts";
import type { ClusterSecurity } from "./cluster-tls.ts";
import { LocalnetError } from "./localnet-error.ts";

/** Reads one cluster's control services, as the network's own services do. */
export class ClusterReader implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #chain;
  readonly #swarm;
  readonly #proof;

  constructor(cluster: Cluster, security: Pick<ClusterSecurity, "tls">) {
    const open = (address: string) => this.#stack.use(openChannel(address, security));
    this.#chain = createClient(ChainService, open(cluster.address("chain-watcher")));
    this.#swarm = createClient(SwarmService, open(cluster.address("swarm-coordinator")));
    this.#proof = createClient(ProofService, open(cluster.address("test-suite")));
  }

  /** The registry as this cluster's chain-watcher has it. */
  async registry(): Promise<Registry | undefined> {
    return (await this.#chain.getRegistry({})).registry;
  }

  /** The swarm map in force in this cluster. */
  async map(): Promise<SwarmMap | undefined> {
    return (await this.#swarm.getMap({})).map;
  }

  /** How many nodes have a valid uptime proof here. */
  async proofs(): Promise<number> {
    return (await this.#proof.getProofs({})).proofs.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/**
 * Waits until `read` gives something; a read that fails counts as nothing yet.
 * @throws LocalnetError "timeout" with `what` after `timeoutMs`, or the abort reason of `signal`.
 */
export async function waitFor<T>(
  what: string,
  read: () => Promise<T | undefined>,
  options: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  let last: unknown;
  while (Date.now() < deadline) {
    options.signal?.throwIfAborted();
    try {
      const found = await read();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    await delay(100);
  }
  throw new LocalnetError("timeout", `${what} took longer than ${options.timeoutMs / 1000} s`, { cause: last });
}

/** Nodes that hold a place in the map. */
export function seated(map: SwarmMap): number {
  return map.swarms.reduce((sum, swarm) => sum + swarm.members.length, 0);
}

/** How many nodes the seed at `url` offers to clients. */
export async function offered(url: string): Promise<number> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: 0,
      method: "get_n_service_nodes",
      params: { active_only: true },
    });
    const answer = await request(`${url}/json_rpc`, { method: "POST", body, dispatcher });
    const parsed = (await answer.body.json()) as { result?: { service_node_states?: { swarm_id?: unknown }[] } };
    return parsed.result?.service_node_states?.length ?? 0;
  } finally {
    await dispatcher.close();
  }
}
