import type { Pubkey } from "@swarmpost/crypto";
import {
  accountBytes,
  checkDeleteAuth,
  type DeleteEntry,
  deleteEntry,
  deleteReply,
  type DeleteRequest,
  type FailedEntry,
  messageHashFromBytes,
} from "@swarmpost/storage-rpc";
import { encodeDeleteRequest, uniqueHashes } from "../delete-request.ts";
import type { DeleteRecord } from "../record.ts";
import type { MemberResult } from "../replicate.ts";
import { type Answer, refused } from "./answer.ts";
import { failedEntry } from "./failed-entry.ts";
import type { MethodNode } from "./node.ts";
import { revokedRefusal } from "./revoked.ts";
import { swarmWrite } from "./swarm-write.ts";
import { wrongSwarm } from "./wrong-swarm.ts";

/** `delete`: remove messages by hash at every member of the swarm, and keep older copies from coming back. */
export async function deleteMessages(request: DeleteRequest, node: MethodNode): Promise<Answer> {
  const elsewhere = wrongSwarm(request.account, node);
  if (elsewhere) return elsewhere;
  const refusal = checkDeleteAuth(request, node.convert);
  if (refusal) return refused(refusal);
  const revoked = await revokedRefusal(request, "delete_msgs", node);
  if (revoked) return revoked;
  const unstamped: Omit<DeleteRecord, "stamp"> = {
    kind: "delete",
    account: accountBytes(request.account),
    hashes: uniqueHashes(request.messages),
    request: encodeDeleteRequest(request),
  };
  const result = await swarmWrite<DeleteRecord>(
    {
      stamped: (above) => ({ ...unstamped, stamp: node.stamps.forDelete(above === 0 ? 0 : above + 1) }),
      beatenBy: (each) => (each.kind === "deleted" ? each.beatenMs : 0),
    },
    node,
  );
  if ("answer" in result) return result.answer;
  if ("moved" in result) return wrongSwarm(request.account, node) ?? deleteMessages(request, node);
  return shape(request, result.done.results, node.clock.now());
}

function shape(request: DeleteRequest, results: ReadonlyMap<Pubkey, MemberResult>, nowMs: number): Answer {
  const entries = new Map<Pubkey, DeleteEntry | FailedEntry>();
  for (const [member, result] of results) {
    if (result.kind === "deleted") {
      entries.set(member, deleteEntry(result.hashes.map(messageHashFromBytes), result.signature));
    } else entries.set(member, failedEntry(result));
  }
  return deleteReply(entries, request.required, nowMs);
}
