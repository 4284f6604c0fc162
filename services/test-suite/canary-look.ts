import { type Account, ClientError, type SwarmpostClient } from "@swarmpost/client";
import type { MessageHash } from "@swarmpost/storage-rpc";

/**
 * What a look at an acknowledged message found. "readable": a reader got it. "late": a reader did not get it, though a
 * member gives it out. "missing": all members of its swarm answered and none gives it. "unknown": not all answered.
 */
export type Finding = "readable" | "late" | "missing" | "unknown";

/**
 * Reads a message as its recipient would; when that does not bring it, asks each member of its swarm by a fresh node list,
 * since one holder is enough. Never accuses nodes that did not answer.
 */
export async function lookFor(
  client: SwarmpostClient,
  account: Account,
  hash: MessageHash,
): Promise<{ finding: Finding; error?: ClientError }> {
  try {
    const page = await client.read(account);
    if (page.messages.some((message) => message.hash === hash)) return { finding: "readable" };
    return await askEveryMember(client, account, hash);
  } catch (error) {
    if (error instanceof ClientError) return { finding: "unknown", error };
    throw error;
  }
}

async function askEveryMember(
  client: SwarmpostClient,
  account: Account,
  hash: MessageHash,
): Promise<{ finding: Finding; error?: ClientError }> {
  await client.refresh();
  const { members, size } = client.swarm(account.id);
  const answers = await Promise.allSettled(members.map((member) => client.holds(member.pubkey, account, hash)));
  if (answers.some((answer) => answer.status === "fulfilled" && answer.value)) return { finding: "late" };
  const failed = answers.find((answer) => answer.status === "rejected");
  if (failed === undefined) return { finding: answers.length === size ? "missing" : "unknown" };
  if (failed.reason instanceof ClientError) return { finding: "unknown", error: failed.reason };
  throw failed.reason;
}
