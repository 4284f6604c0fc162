import { type AccountId, accountBytes, type Auth, verificationFailed } from "@swarmpost/storage-rpc";
import { type Answer, refused } from "./answer.ts";
import type { MethodNode } from "./node.ts";

/**
 * The 401 of a request whose subaccount was revoked; undefined for the account itself and for tokens in force. To be asked
 * after the signature, which gives the same 401 and costs no look-up.
 *
 * @param method the name in the text.
 * @throws StorageError "unavailable".
 */
export async function revokedRefusal(
  { account, auth }: { account: AccountId; auth: Auth | undefined },
  method: string,
  node: Pick<MethodNode, "accounts" | "revocations">,
): Promise<Answer | undefined> {
  if (auth?.subaccount === undefined) return undefined;
  const key = { account: accountBytes(account), token: auth.subaccount.token };
  // A node that is behind may not know yet.
  await node.accounts.complete(key.account);
  return (await node.revocations.isRevoked(key)) ? refused(verificationFailed(method)) : undefined;
}
