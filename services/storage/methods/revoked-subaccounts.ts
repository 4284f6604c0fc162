import { encodeBase64 } from "@swarmpost/encoding";
import { accountBytes, checkRevocationAuth, HARD_FORK, type RevokedListRequest } from "@swarmpost/storage-rpc";
import { StorageError } from "../errors.ts";
import { ok, refused } from "./answer.ts";
import type { Method } from "./node.ts";
import { wrongSwarm } from "./wrong-swarm.ts";

/** `revoked_subaccounts`: the tokens that an account revoked, newest first. */
export const revokedSubaccounts: Method<RevokedListRequest> = async (request, node) => {
  const elsewhere = wrongSwarm(request.account, node);
  if (elsewhere) return elsewhere;
  const refusal = checkRevocationAuth(request, node.clock.now(), node.convert);
  if (refusal) return refused(refusal);
  const account = accountBytes(request.account);
  await node.accounts.complete(account);
  const tokens = await node.revocationTable.tokens(account).catch((error: unknown) => {
    throw new StorageError("unavailable", "the revoked tokens could not be read", { cause: error });
  });
  return ok({ revoked_subaccounts: tokens.map((token) => encodeBase64(token)), t: node.clock.now(), hf: HARD_FORK });
};
