import {
  accountBytes,
  checkGetExpiries,
  expiriesReply,
  type GetExpiriesRequest,
  messageHashBytes,
  messageHashFromBytes,
  parseMessageHash,
} from "@swarmpost/storage-rpc";
import { StorageError } from "../errors.ts";
import { type Answer, ok, refused } from "./answer.ts";
import type { MethodNode } from "./node.ts";
import { revokedRefusal } from "./revoked.ts";
import { wrongSwarm } from "./wrong-swarm.ts";

/** `get_expiries`: when messages end, from a node that holds everything of the account. */
export async function getExpiries(request: GetExpiriesRequest, node: MethodNode): Promise<Answer> {
  const elsewhere = wrongSwarm(request.account, node);
  if (elsewhere) return elsewhere;
  const refusal = checkGetExpiries(request, node.clock.now(), node.convert);
  if (refusal) return refused(refusal);
  const revoked = await revokedRefusal(request, "get_expiries", node);
  if (revoked) return revoked;
  const account = accountBytes(request.account);
  await node.accounts.complete(account);
  const hashes = request.messages.flatMap((text) => {
    const hash = parseMessageHash(text);
    return (hash && messageHashBytes(hash)) ?? [];
  });
  const found = await node.messages.expiries(account, hashes, node.clock.now()).catch((error: unknown) => {
    throw new StorageError("unavailable", "expiries were not read", { cause: error });
  });
  return ok(expiriesReply(new Map(found.map(({ hash, expiryMs }) => [messageHashFromBytes(hash), expiryMs]))));
}
