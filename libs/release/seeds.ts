import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { NetworkDescription } from "@swarmpost/client";
import { type Pubkey, pubkey } from "@swarmpost/crypto";
import type { SeedsConfig } from "./seeds-config.ts";

/** The network as clients inside the cluster reach it: its seeds, each pinned to its key. */
export async function networkOf(config: SeedsConfig): Promise<NetworkDescription> {
  const seeds = await Promise.all(
    config.SEEDS.map(async ([pod, url]) => ({ url, pubkey: await keyOf(config.NODE_KEYS_DIR, pod) })),
  );
  return { name: config.NETWORK_NAME, seeds, diversity: config.NETWORK_DIVERSITY };
}

async function keyOf(folder: string, pod: string): Promise<Pubkey> {
  return pubkey((await readFile(join(folder, pod), "utf8")).trim());
}
