import { type MessageHash, nodeSignedDelete, parseMessageHash } from "@swarmpost/storage-rpc";
import type { Credentials } from "./credentials.ts";
import { checkMembers, type MemberResult } from "./member-signatures.ts";
import { deleteParameters } from "./storage-parameters.ts";
import type { SwarmRequests } from "./swarm-requests.ts";

/** Which members signed that they hold the messages no more. */
export interface DeleteReceipt {
  readonly members: readonly MemberResult[];
}

/** Deletes messages of an account from its whole swarm. Throws ClientError as `SwarmRequests.ask`. */
export async function deleteMessages(
  credentials: Credentials,
  { hashes, signal }: { hashes: readonly MessageHash[]; signal?: AbortSignal },
  swarm: SwarmRequests,
): Promise<DeleteReceipt> {
  const { account } = credentials;
  const { result } = await swarm.ask(
    {
      what: "delete",
      account,
      ...(signal && { signal }),
      make: () => ({ method: "delete", params: deleteParameters(credentials, hashes) }),
      judge: (reply, { members }) => ({ result: checkMembers(members, reply.json, signedBy(credentials, hashes)) }),
    },
    "refused",
  );
  return { members: result };
}

function signedBy({ account }: Credentials, hashes: readonly MessageHash[]) {
  return (entry: Readonly<Record<string, unknown>>): string | undefined => {
    const listed: unknown = entry["deleted"];
    if (!Array.isArray(listed)) return undefined;
    const deleted = listed.map((hash) => (typeof hash === "string" ? parseMessageHash(hash) : undefined));
    if (deleted.includes(undefined)) return undefined;
    return nodeSignedDelete(account, hashes, deleted as MessageHash[]);
  };
}
