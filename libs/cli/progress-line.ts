import type { Progress } from "@swarmpost/localnet";

/** What one step of a network's start says to people. */
export function progressLine(progress: Progress): string {
  switch (progress.step) {
    case "backends":
      return `data stores up: ${progress.detail}`;
    case "chain":
      return `chain ${progress.chainId} up at ${progress.url}`;
    case "contract":
      return `staking contract at ${progress.address}: a node's stake is ${progress.stake} tokens`;
    case "registered":
      return `${progress.nodes} nodes registered, last in block ${progress.height}`;
    case "services":
      return `services up for ${progress.clusters} ${progress.clusters === 1 ? "operator" : "operators"}`;
    case "swarms":
      return `swarm map made: ${progress.swarms.length} swarms of ${progress.swarms.join(" and ")} nodes`;
    case "proofs":
      return `uptime proofs received from ${progress.accepted} of ${progress.nodes} nodes`;
    case "ready":
      return `every seed offers every node`;
    default:
      return assertNever(progress);
  }
}

function assertNever(value: never): never {
  throw new TypeError(`unknown step ${JSON.stringify(value)}`);
}
