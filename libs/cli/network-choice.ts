import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  ClientError,
  loadNetworkFile,
  type NetworkDescription,
  networkFromSeeds,
  SwarmpostClient,
} from "@swarmpost/client";
import { blake2b, type Pubkey, pubkey } from "@swarmpost/crypto";
import { CliError } from "./cli-error.ts";
import type { CommandContext, SharedOptions } from "./command-context.ts";
import { stateFolder } from "./folders.ts";
import { replacePrivateFile } from "./private-file.ts";

const MAX_GUARDS = 6;

/** The network that the options name, or the local one that `net up` keeps running. Throws CliError "no-network". */
export async function chooseNetwork(context: CommandContext, options: SharedOptions): Promise<NetworkDescription> {
  const { seed: seeds = [], seedKey, network } = options;
  if (network !== undefined && seeds.length > 0) throw new CliError("usage", "give --seed or --network, not both");
  if (seedKey !== undefined && seeds.length !== 1)
    throw new CliError("usage", "--seed-key belongs to exactly one --seed");
  if (network !== undefined) return await loadNetworkFile(network);
  if (seeds.length > 0) return networkFromSeeds(seedKey === undefined ? seeds : [`${seedKey}@${seeds[0]}`]);
  try {
    return await loadNetworkFile(localNetworkFile(context));
  } catch (cause) {
    const ways = "give --seed URL or --network FILE, or start one here with: swarmpost net up";
    throw new CliError("no-network", `which network? ${ways}`, { cause });
  }
}

/** Connects; warnings go to the terminal, guards are remembered for each network. */
export async function connect(context: CommandContext, options: SharedOptions): Promise<SwarmpostClient> {
  const network = await chooseNetwork(context, options);
  const state = stateFolder(context.terminal);
  const guardFile = join(state, "guards", `${networkTag(network)}.json`);
  const heightFile = join(state, "heights", `${seedsTag(network)}.json`);
  try {
    return await SwarmpostClient.connect(network, {
      insecure: options.insecure ?? false,
      guards: readGuards(guardFile),
      onGuards: (guards) => remember(context, { what: "guards", path: guardFile }, guards),
      height: readHeight(heightFile),
      onHeight: (height) => remember(context, { what: "block", path: heightFile }, height),
      onEvent: (event) => {
        if (event.type === "warning") context.terminal.err(`swarmpost: warning: ${event.message}`);
      },
    });
  } catch (cause) {
    const named = options.network !== undefined || (options.seed ?? []).length > 0;
    if (named || !(cause instanceof ClientError) || cause.code !== "seeds-failed") throw cause;
    const ways = "start it again with: swarmpost net up, or give --seed URL or --network FILE";
    throw new ClientError("seeds-failed", `the local network does not answer: ${cause.message}; ${ways}`, { cause });
  }
}

/** Where `net up` leaves the file of the network it runs, so that other commands find it without being told. */
export function localNetworkFile({ terminal }: CommandContext): string {
  return join(stateFolder(terminal), "local-network.json");
}

/** Leaves the local network's file; disposing takes it away unless another `net up` has replaced it. */
export async function publishLocalNetwork(context: CommandContext, network: object): Promise<AsyncDisposable> {
  const path = localNetworkFile(context);
  const text = `${JSON.stringify(network, null, 2)}\n`;
  await replacePrivateFile(path, text);
  return {
    [Symbol.asyncDispose]: async () => {
      const now = await readFile(path, "utf8").catch(() => "");
      if (now === text) await rm(path, { force: true });
    },
  };
}

/** A name for a network's file of guards that does not tell which network it is. */
function networkTag(network: NetworkDescription): string {
  const { chain, seeds } = network;
  const identity = chain === undefined ? seeds.map((seed) => seed.pubkey ?? seed.url) : [chain.id, chain.contract];
  return blake2b(16, Buffer.from(JSON.stringify(identity))).toString("hex");
}

function readGuards(path: string): Pubkey[] {
  try {
    const listed: unknown = JSON.parse(readFileSync(path, "utf8"));
    return Array.isArray(listed) ? listed.slice(0, MAX_GUARDS).map((key) => pubkey(String(key))) : [];
  } catch {
    return []; // No guards yet, or a damaged file: new ones are chosen.
  }
}

/** The height of the last node list that was believed; one that is older will be refused. */
function readHeight(path: string): number {
  try {
    const height: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof height === "number" && Number.isSafeInteger(height) ? height : 0;
  } catch {
    return 0; // The first time, or a damaged file.
  }
}

/** A name for what belongs to these very seeds: a network that was made anew has others, and begins at its own height. */
function seedsTag({ chain, seeds }: NetworkDescription): string {
  const names = seeds.map((seed) => [seed.pubkey ?? "", seed.url]);
  return blake2b(16, Buffer.from(JSON.stringify([chain ?? null, names]))).toString("hex");
}

function remember({ terminal }: CommandContext, { what, path }: { what: string; path: string }, value: unknown): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  } catch {
    terminal.err(`swarmpost: warning: the ${what} can't be remembered in ${path}: can it be written?`);
  }
}
