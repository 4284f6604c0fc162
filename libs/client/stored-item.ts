import { decodeBase64 } from "@swarmpost/encoding";
import {
  type AccountId,
  type MessageHash,
  messageHash,
  type Namespace,
  parseMessageHash,
} from "@swarmpost/storage-rpc";

/** A message as a node gives it. */
export interface StoredItem {
  readonly hash: MessageHash;
  readonly data: Buffer;
  /** The data does not have this hash: the node invented one of them. */
  readonly forged: boolean;
}

/** Reads a retrieve's answer; every hash is computed again. `again` says why another member must be asked. */
export function readStoredItems(
  body: Readonly<Record<string, unknown>> | undefined,
  place: { account: AccountId; namespace: Namespace },
): { result: { items: StoredItem[]; more: boolean } } | { again: string } {
  const listed = body?.["messages"];
  if (!Array.isArray(listed)) return { again: "a node gave no list of messages" };
  const items = listed.map((entry) => readItem(entry, place));
  if (items.includes(undefined)) return { again: "a node gave a message without hash or data" };
  return { result: { items: items as StoredItem[], more: body?.["more"] === true } };
}

function readItem(
  entry: unknown,
  { account, namespace }: { account: AccountId; namespace: Namespace },
): StoredItem | undefined {
  const { hash: text, data: encoded } = (entry ?? {}) as Record<string, unknown>;
  const hash = typeof text === "string" ? parseMessageHash(text) : undefined;
  const data = typeof encoded === "string" ? decodeBase64(encoded) : undefined;
  if (hash === undefined || data === undefined) return undefined;
  return { hash, data, forged: hash !== messageHash(account, namespace, data) };
}
