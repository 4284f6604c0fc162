import type { Pubkey } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import {
  accountBytes,
  checkRevocationAuth,
  type FailedEntry,
  type RevocationEntry,
  type RevocationRequest,
  swarmReply,
} from "@swarmpost/storage-rpc";
import type { RevocationRecord } from "../record.ts";
import type { MemberResult } from "../replicate.ts";
import { encodeRevocationRequest, revocationChange } from "../revocation-request.ts";
import { type Answer, ok, refused } from "./answer.ts";
import { failedEntry } from "./failed-entry.ts";
import type { MethodNode } from "./node.ts";
import { swarmWrite } from "./swarm-write.ts";
import { wrongSwarm } from "./wrong-swarm.ts";

/** `revoke_subaccount` and `unrevoke_subaccount`: take members' tokens out of force, or put them in force again. */
export async function changeRevocations(request: RevocationRequest, node: MethodNode): Promise<Answer> {
  const elsewhere = wrongSwarm(request.account, node);
  if (elsewhere) return elsewhere;
  const refusal = checkRevocationAuth(request, node.clock.now(), node.convert);
  if (refusal) return refused(refusal);
  const unstamped: Omit<RevocationRecord, "stamp"> = {
    kind: "revocation",
    account: accountBytes(request.account),
    request: encodeRevocationRequest(request),
    ...revocationChange(request),
  };
  const result = await swarmWrite<RevocationRecord>(
    {
      stamped: (above) => ({ ...unstamped, stamp: node.stamps.forDelete(above === 0 ? 0 : above + 1) }),
      beatenBy: (each) => (each.kind === "revoked" ? each.beatenMs : 0),
    },
    node,
  );
  if ("answer" in result) return result.answer;
  if ("moved" in result) return wrongSwarm(request.account, node) ?? changeRevocations(request, node);
  return ok(swarmReply(entriesOf(request, result.done.results), node.clock.now()));
}

function entriesOf(
  { method }: RevocationRequest,
  results: ReadonlyMap<Pubkey, MemberResult>,
): Map<Pubkey, RevocationEntry | FailedEntry> {
  const entryOf = (result: MemberResult): RevocationEntry | FailedEntry => {
    if (result.kind !== "revoked") return failedEntry(result);
    const signature = encodeBase64(result.signature);
    return method === "revoke_subaccount" ? { signature } : { signature, count: result.restored };
  };
  return new Map([...results].map(([member, result]) => [member, entryOf(result)]));
}
