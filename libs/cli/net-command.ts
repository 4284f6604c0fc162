import type { NetworkOptions, Progress } from "@swarmpost/localnet";
import { CliError } from "./cli-error.ts";
import type { CommandContext, SharedOptions } from "./command-context.ts";
import { publishLocalNetwork } from "./network-choice.ts";
import { progressLine } from "./progress-line.ts";

/** Options of `net up`. */
export interface NetUpOptions extends SharedOptions {
  readonly nodes: string;
  readonly clusters: string;
  readonly processes?: boolean;
  readonly nats?: string;
  readonly redis?: string;
  readonly postgres?: string;
  readonly chain?: string;
}

/**
 * `net up`: a whole network on this machine until interrupted. With `--json` prints one line `{"seed", "seedHttp", "network"}` once
 * clients can use it: the first seed's URL, the one where it answers in the clear, and the path of the network file.
 */
export async function netUp(context: CommandContext, options: NetUpOptions): Promise<void> {
  const wanted = networkOptions(context, options);
  const { startNetwork } = await import("@swarmpost/localnet");
  await using network = await startNetwork(wanted);
  const networkFile = await network.writeNetworkFile();
  await using _published = await publishLocalNetwork(context, network.networkFile);
  if (options.json === true) {
    context.terminal.out(JSON.stringify({ seed: network.seedUrl, seedHttp: network.seedHttp, network: networkFile }));
  } else {
    context.terminal.out(`seed          ${network.seedUrl}`);
    context.terminal.out(`in the clear  ${network.seedHttp}`);
    context.terminal.out(`network file  ${networkFile}`);
    context.terminal.out("The network is up until Ctrl-C; other swarmpost commands find it by themselves.");
  }
  await context.stopped;
}

function networkOptions({ terminal, signal }: CommandContext, options: NetUpOptions): NetworkOptions {
  const clusters = whole("--clusters", options.clusters, 1, 8);
  const nodes = whole("--nodes", options.nodes, clusters, 200);
  if ((options.nats ?? options.redis) !== undefined && options.processes !== true) {
    throw new CliError("usage", "--nats and --redis need --processes: one process keeps both in memory");
  }
  return {
    nodes,
    clusters,
    processes: options.processes ?? false,
    signal,
    onProgress: (progress: Progress) => terminal.err(progressLine(progress)),
    ...given("natsUrl", options.nats),
    ...given("redisUrl", options.redis),
    ...given("postgresUrl", options.postgres),
    ...given("chainUrl", options.chain),
  };
}

function given(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new CliError("usage", `${option} must be a whole number from ${least} to ${most}, not "${text}"`);
}
