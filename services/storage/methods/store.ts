import type { Pubkey } from "@swarmpost/crypto";
import {
  accountBytes,
  checkStoreAuth,
  checkStoreTimes,
  type FailedEntry,
  messageDigest,
  messageHashFromBytes,
  refusedEntry,
  type StoreEntry,
  type StoreRequest,
  storeEntry,
  storeNeedsAuth,
  storeReply,
} from "@swarmpost/storage-rpc";
import type { StoreAuth, StoreRecord } from "../record.ts";
import type { MemberResult } from "../replicate.ts";
import { type Answer, ok, refused } from "./answer.ts";
import { failedEntry } from "./failed-entry.ts";
import type { MethodNode } from "./node.ts";
import { revokedRefusal } from "./revoked.ts";
import { swarmWrite } from "./swarm-write.ts";
import { wrongSwarm } from "./wrong-swarm.ts";

/** `store`: keep a message at every member of the swarm. */
export async function store(request: StoreRequest, node: MethodNode): Promise<Answer> {
  const elsewhere = wrongSwarm(request.account, node);
  if (elsewhere) return elsewhere;
  const now = node.clock.now();
  const refusal = checkStoreTimes(request, now) ?? checkStoreAuth(request, now, node.convert);
  if (refusal) return refused(refusal);
  const { account, auth } = request;
  const revoked = storeNeedsAuth(request.namespace) && (await revokedRefusal({ account, auth }, "store", node));
  if (revoked) return revoked;
  const unstamped = toRecord(request);
  const result = await swarmWrite<StoreRecord>(
    {
      stamped: (above) => ({ ...unstamped, stamp: node.stamps.forStore(above) }),
      beatenBy: (each) => (each.kind === "superseded" ? each.stampMs : 0),
    },
    node,
  );
  if ("answer" in result) return result.answer;
  if ("moved" in result) return wrongSwarm(request.account, node) ?? store(request, node);
  return ok(shape(unstamped, result.done.results, node));
}

function toRecord(request: StoreRequest): Omit<StoreRecord, "stamp"> {
  return {
    kind: "store",
    account: accountBytes(request.account),
    namespace: request.namespace,
    hash: messageDigest(request.account, request.namespace, request.data),
    timestampMs: request.timestamp,
    expiryMs: request.expiry,
    auth: storeNeedsAuth(request.namespace) ? toAuth(request) : undefined,
    data: request.data,
  };
}

function toAuth({ auth, sigTimestamp }: StoreRequest): StoreAuth | undefined {
  if (auth === undefined) return undefined;
  return {
    signature: auth.signature,
    signatureTimestampMs: sigTimestamp,
    ed25519: auth.pubkeyEd25519,
    subaccount: auth.subaccount,
  };
}

/** The reply: each member's entry, this node's with the time. */
function shape(
  record: Omit<StoreRecord, "stamp">,
  results: ReadonlyMap<Pubkey, MemberResult>,
  node: MethodNode,
): object {
  const hash = messageHashFromBytes(record.hash);
  const entries = new Map<Pubkey, StoreEntry | FailedEntry>();
  for (const [member, result] of results) {
    if (result.kind === "stored")
      entries.set(member, storeEntry(hash, result.signature, result.expiryMs, result.already));
    else if (result.kind === "superseded") entries.set(member, refusedEntry(409, "superseded by a later deletion"));
    else entries.set(member, failedEntry(result));
  }
  return storeReply(entries, node.view.self, hash, node.clock.now());
}
