import type { LocalNode } from "@swarmpost/localnet";
import { openDatabase } from "@swarmpost/postgres";

/**
 * Which of the messages a node keeps itself, read from its own database: a member that is behind answers a client
 * through one that is whole, so an answer alone does not prove a copy. Hashes as in the protocol, base64 without padding.
 */
export async function ownCopies(node: LocalNode, hashes: readonly string[]): Promise<Set<string>> {
  await using database = openDatabase({ url: node.databaseUrl, maxConnections: 1 });
  const { rows } = await database.query<{ hash: Buffer }>({
    text: "select hash from message where hash = any($1)",
    values: [hashes.map((hash) => Buffer.from(hash, "base64"))],
  });
  return new Set(rows.map((row) => row.hash.toString("base64").replace(/=+$/, "")));
}
