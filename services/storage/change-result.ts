import {
  appliedExpiry,
  type ChangeRequest,
  type ExpireRequest,
  type ExpireResult,
  expiriesOf,
  type Hit,
  messageHashFromBytes,
  nodeSignedBulk,
  nodeSignedExpire,
} from "@swarmpost/storage-rpc";
import { effectsOf } from "./change.ts";
import type { ChangeOutcome } from "./change-executor.ts";
import type { ChangedMessage } from "./outcome-codec.ts";
import type { ReplicaRecord } from "./record.ts";
import type { Stamp } from "./stamp.ts";

/** What a member signs of what it did: the text that the client verifies. */
export function signedResult(request: ChangeRequest, stamp: Stamp, outcome: ChangeOutcome): string {
  const { account } = request;
  const hashes = outcome.hits.map(({ hash }) => messageHashFromBytes(hash));
  switch (request.method) {
    case "expire": {
      const result = expireResult(request, stamp, outcome);
      const { updated, unchanged } = result;
      return nodeSignedExpire(
        account,
        expiriesOf(result),
        request.messages,
        [...updated.keys()],
        unchanged ?? new Map(),
      );
    }
    case "expire_all":
      return nodeSignedBulk(account, request.expiry, hashes);
    case "delete_all":
      return nodeSignedBulk(account, request.timestamp, hashes);
    case "delete_before":
      return nodeSignedBulk(account, request.before, hashes);
  }
}

/** What a member did for an `expire` that counts from `stamp`. */
export function expireResult(
  request: ExpireRequest,
  stamp: Stamp,
  { hits, unchanged }: Pick<ChangeOutcome, "hits" | "unchanged">,
): ExpireResult {
  const [only] = request.expiries;
  return {
    updated: expiries(hits),
    unchanged: request.mode === "set" ? undefined : expiries(unchanged),
    applied: request.expiries.length === 1 && only !== undefined ? appliedExpiry(only, stamp.ms) : undefined,
  };
}

/** Whether a change prolongs a message that is not here: it may have ended on its way here. */
export function lacksSome(
  record: ReplicaRecord,
  { hits, unchanged }: Pick<ChangeOutcome, "hits" | "unchanged">,
): boolean {
  if (record.kind !== "change" || record.change.method !== "expire") return false;
  const found = new Set([...hits, ...unchanged].map(({ hash }) => hash.toString("latin1")));
  return effectsOf(record.change, record.stamp).some(
    ({ hash, mode, valueMs }) =>
      hash !== undefined && mode !== "shorten" && valueMs > record.stamp.ms && !found.has(hash.toString("latin1")),
  );
}

/** The messages that a bulk change hit, as a reply names them. */
export function hitsOf(messages: readonly ChangedMessage[]): Hit[] {
  return messages.map(({ hash, namespace }) => ({ hash: messageHashFromBytes(hash), namespace }));
}

function expiries(messages: readonly ChangedMessage[]): ExpireResult["updated"] {
  return new Map(messages.map(({ hash, expiryMs }) => [messageHashFromBytes(hash), expiryMs]));
}
