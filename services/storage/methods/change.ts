import type { Pubkey } from "@swarmpost/crypto";
import { accountBytes, type ChangeRequest, checkChange, type FailedEntry, swarmReply } from "@swarmpost/storage-rpc";
import { encodeChangeRequest } from "../change-request.ts";
import type { MemberOutcome } from "../outcome-codec.ts";
import type { ChangeRecord } from "../record.ts";
import type { Stamp } from "../stamp.ts";
import { type Answer, ok, refused } from "./answer.ts";
import { failedEntry } from "./failed-entry.ts";
import type { MethodNode } from "./node.ts";
import { revokedRefusal } from "./revoked.ts";
import { swarmWrite } from "./swarm-write.ts";
import { wrongSwarm } from "./wrong-swarm.ts";

/** What a member did for a change. */
export type Changed = Extract<MemberOutcome, { kind: "changed" }>;

/** How a method names itself in refusals, and shapes what a member did. */
export interface ChangeShape {
  /** The name in the text of a 401. */
  readonly name: string;
  entry(changed: Changed, stamp: Stamp): object;
}

/** Brings an account's signed change of its messages to every member of its swarm. @throws StorageError "unavailable". */
export async function change(request: ChangeRequest, shape: ChangeShape, node: MethodNode): Promise<Answer> {
  const elsewhere = wrongSwarm(request.account, node);
  if (elsewhere) return elsewhere;
  const refusal = checkChange(request, { nowMs: node.clock.now(), convert: node.convert });
  // A 400 is about what the signer may do, which a revoked one is not told.
  if (refusal && refusal.status !== 400) return refused(refusal);
  const revoked = await revokedRefusal(request, shape.name, node);
  if (revoked) return revoked;
  if (refusal) return refused(refusal);
  const account = accountBytes(request.account);
  const unstamped = { kind: "change", account, change: request, request: encodeChangeRequest(request) } as const;
  let stamp = node.stamps.forDelete();
  const result = await swarmWrite<ChangeRecord>(
    {
      stamped: (above) => {
        if (above > 0) stamp = node.stamps.forDelete(above + 1);
        return { ...unstamped, stamp };
      },
      beatenBy: (each) => (each.kind === "changed" ? each.beatenMs : 0),
      doneAlthoughBeaten: (each) => each.kind === "changed",
    },
    node,
  );
  if ("answer" in result) return result.answer;
  if ("moved" in result) return wrongSwarm(request.account, node) ?? change(request, shape, node);
  const entries = new Map<Pubkey, object | FailedEntry>();
  for (const [member, each] of result.done.results) {
    entries.set(member, each.kind === "changed" ? shape.entry(each, stamp) : failedEntry(each));
  }
  return ok(swarmReply(entries, node.clock.now()));
}
