import type { Progress } from "@swarmpost/localnet";

const hexShown = 8;

/** The demo's progress on the terminal: one line for each thing that happened. */
export class DemoScreen {
  readonly #started = performance.now();

  /** A line with the seconds since the start. */
  line(text: string): void {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1).padStart(5);
    process.stdout.write(`${seconds}s  ${text}\n`);
  }

  /** A heading. */
  chapter(title: string): void {
    process.stdout.write(`\n${title}\n`);
  }

  /** One step of the network's start. */
  progress(progress: Progress): void {
    if (progress.step === "backends") this.chapter("Starting a network");
    this.line(describe(progress));
  }

  /** The closing line. */
  done(ms: number): void {
    this.chapter(`Done in ${(ms / 1000).toFixed(1)} s; stopping the network`);
  }

  /** Tells how to use a network that stays up. */
  staying(seedUrl: string, networkFile: string): void {
    this.chapter("The network stays up until Ctrl-C");
    this.line(`seed ${seedUrl}`);
    this.line(`try: npx swarmpost --seed ${seedUrl} nodes`);
    this.line(`or, with the seeds' keys: npx swarmpost --network ${networkFile} path`);
  }
}

/** The first digits of a key, enough to tell nodes apart on a screen. */
export function short(hex: string): string {
  return hex.slice(0, hexShown);
}

function describe(progress: Progress): string {
  switch (progress.step) {
    case "backends":
      return `data stores up: ${progress.detail}`;
    case "chain":
      return `chain ${progress.chainId} up at ${progress.url}`;
    case "contract":
      return `staking contract deployed at ${progress.address}: a node's stake is ${progress.stake} tokens`;
    case "registered":
      return `${progress.nodes} nodes registered with their stake, last in block ${progress.height}`;
    case "services":
      return `services up: chain-watcher, swarm-coordinator, test-suite, file-server, relays and storages`;
    case "swarms":
      return `swarm map made: ${progress.swarms.length} swarms of ${progress.swarms.join(" and ")} nodes, hash ${short(progress.hash)}`;
    case "proofs":
      return `uptime proofs received from ${progress.accepted} of ${progress.nodes} nodes`;
    case "ready":
      return `every seed offers every node; first seed ${progress.seedUrl}`;
    default:
      return assertNever(progress);
  }
}

function assertNever(value: never): never {
  throw new TypeError(`unknown step ${JSON.stringify(value)}`);
}
