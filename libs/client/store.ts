import {
  type AccountId,
  DEFAULT_NAMESPACE,
  type MessageHash,
  messageHash,
  type Namespace,
  nodeSignedStore,
} from "@swarmpost/storage-rpc";
import type { Credentials } from "./credentials.ts";
import { checkMembers, majorityOf, type MemberResult } from "./member-signatures.ts";
import type { NetworkClock } from "./network-clock.ts";
import type { Path } from "./path.ts";
import type { ServiceNode } from "./service-node.ts";
import { signedStoreParameters, storeParameters } from "./storage-parameters.ts";
import type { SwarmRequests } from "./swarm-requests.ts";

/** Proof that a message waits for its recipient. */
export interface StoreReceipt {
  readonly hash: MessageHash;
  /** Members of the swarm whose signature says that they hold the message. */
  readonly copies: number;
  /** Every member and what it did. */
  readonly members: readonly MemberResult[];
  /** The member that took the message and shared it out. */
  readonly entry: ServiceNode;
  /** The path that the answer came over. */
  readonly path: Path;
  readonly attempts: number;
}

/** What is stored, and who may end that. */
export interface StoreMessage {
  readonly data: Uint8Array;
  readonly ttlMs?: number;
  readonly signal?: AbortSignal;
}

/** Where to store: an account's public inbox, or a namespace that wants a signature. */
export type StorePlace = AccountId | { readonly credentials: Credentials; readonly namespace: Namespace };

/**
 * Stores bytes. Counts as stored only when a majority of the swarm, as the seeds show it, signed for the very hash that
 * the bytes have. Throws ClientError "not-stored", and as `SwarmRequests.ask`.
 */
export async function store(
  place: StorePlace,
  { signal, ...message }: StoreMessage,
  { swarm, clock }: { swarm: SwarmRequests; clock: NetworkClock },
): Promise<StoreReceipt> {
  const inbox = typeof place === "string";
  const account = inbox ? place : place.credentials.account;
  const hash = messageHash(account, inbox ? DEFAULT_NAMESPACE : place.namespace, message.data);
  const { result, answered, member, attempts } = await swarm.ask(
    {
      what: "store",
      account,
      ...(signal && { signal }),
      make: () => ({ method: "store", params: parametersOf(place, { ...message, timestamp: clock.now() }) }),
      judge: (reply, { members, size }) => judge(checkMembers(members, reply.json, signedBy(hash)), size),
    },
    "not-stored",
  );
  const copies = result.filter((entry) => entry.signed).length;
  return { hash, copies, members: result, entry: member, path: answered.path, attempts };
}

function parametersOf(place: StorePlace, message: Omit<StoreMessage, "signal"> & { timestamp: number }) {
  if (typeof place === "string") return storeParameters(place, message);
  return signedStoreParameters(place.credentials, { ...message, namespace: place.namespace });
}

function signedBy(hash: MessageHash): (entry: Readonly<Record<string, unknown>>) => string | undefined {
  return (entry) => (entry["hash"] === hash ? nodeSignedStore(hash) : undefined);
}

function judge(members: MemberResult[], size: number): { result: MemberResult[] } | { again: string } {
  const copies = members.filter((member) => member.signed).length;
  if (copies >= majorityOf(size)) return { result: members };
  return { again: `only ${copies} of ${size} members hold it` };
}
