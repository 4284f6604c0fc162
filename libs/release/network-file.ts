import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type NetworkDescription, SwarmpostClient } from "@swarmpost/client";
import type { JobRuntime } from "@swarmpost/runtime";
import { ReleaseError } from "./errors.ts";
import { ONION_PUBKEY } from "./onion-key.ts";
import { networkOf } from "./seeds.ts";
import type { NetworkFileConfig } from "./seeds-config.ts";

/**
 * Prints the file that clients are given (docs/protocol/network-file.md), with the addresses that the seeds publish.
 * @throws ReleaseError `unregistered` while a seed is not offered by the network yet; ClientError when no seed answers
 */
export async function printNetworkFile(config: NetworkFileConfig, { print }: Pick<JobRuntime, "print">): Promise<void> {
  const inside = await networkOf(config);
  await using client = await SwarmpostClient.connect(inside);
  const published = new Map(client.nodes().map((node) => [node.pubkey, `https://${node.ip}:${node.httpsPort}`]));
  const seeds = inside.seeds.map(({ pubkey }) => {
    const url = pubkey && published.get(pubkey);
    if (url === undefined) throw new ReleaseError("unregistered", "a seed is not in the network yet: try again soon");
    return { url, ...(pubkey === undefined ? {} : { pubkey }) };
  });
  const { CHAIN_ID: id, CHAIN_CONTRACT: contract } = config;
  const chain = id === undefined || contract === undefined ? {} : { chain: { id, contract } };
  const fileServer = await fileServerOf(config);
  const file: NetworkDescription = { name: inside.name, ...chain, seeds, ...fileServer, diversity: inside.diversity };
  print(JSON.stringify(file, null, 2));
}

async function fileServerOf(config: NetworkFileConfig): Promise<Pick<NetworkDescription, "fileServer">> {
  const { FILE_SERVER_URL: url, FILE_SERVER_DIR: folder } = config;
  if (url === undefined || folder === undefined) return {};
  const pubkey = (await readFile(join(folder, ONION_PUBKEY), "utf8")).trim();
  return { fileServer: { url: new URL(url).origin, pubkey } };
}
