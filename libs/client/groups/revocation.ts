import { encodeBase64 } from "@swarmpost/encoding";
import { nodeSignedRevocation, signedRevocation } from "@swarmpost/storage-rpc";
import type { ChangeReceipt } from "../change-messages.ts";
import type { Credentials } from "../credentials.ts";
import { checkMembers, majorityOf } from "../member-signatures.ts";
import type { NetworkClock } from "../network-clock.ts";
import type { SwarmRequests } from "../swarm-requests.ts";

/**
 * Revokes or unrevokes tokens (36 bytes each, 50 at most) in the whole swarm. Done when a majority of it signed. Throws
 * ClientError "refused", also when no majority could be had.
 */
export async function revoke(
  what: "revoke" | "unrevoke",
  credentials: Credentials,
  { tokens, signal }: { tokens: readonly Buffer[]; signal?: AbortSignal },
  { swarm, clock }: { swarm: SwarmRequests; clock: NetworkClock },
): Promise<ChangeReceipt> {
  const method = `${what}_subaccount` as const;
  const { account } = credentials;
  let timestamp = 0;
  const { result } = await swarm.ask(
    {
      what,
      account,
      ...(signal && { signal }),
      make: () => {
        timestamp = clock.now();
        const proof = credentials.prove(signedRevocation(method, timestamp, tokens));
        return { method, params: { pubkey: account, [what]: tokens.map(encodeBase64), timestamp, ...proof } };
      },
      judge: (reply, { members, size }) => {
        const text = nodeSignedRevocation(account, timestamp, tokens).toString("latin1");
        const result = checkMembers(members, reply.json, () => text);
        const signed = result.filter((member) => member.signed).length;
        return signed >= majorityOf(size) ? { result } : { again: `only ${signed} of ${size} members did it` };
      },
    },
    "refused",
  );
  return { members: result };
}
