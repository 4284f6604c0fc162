import type { Pubkey } from "@swarmpost/crypto";
import { LinkRefusal, type PeerLinks } from "@swarmpost/rpc";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { requestId } from "./change.ts";
import { decodeChangeRequest } from "./change-request.ts";
import type { ChangeKey, ChangeTable, SignedChange } from "./change-table.ts";
import { readCursor, writeCursor, writeList } from "./handoff-codec.ts";
import type { NodeView } from "./node-view.ts";
import { beginPull, caughtUp, ownsAccount, type PullParts } from "./pull-method.ts";
import { decodeRecord, encodeRecord, readStamp } from "./record-codec.ts";
import type { ChangeRecord } from "./record.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { KIND, REFUSAL } from "./replica-kinds.ts";
import { readOpaque, readSealed, writeOpaque, writeSealed } from "./sealed-cursor.ts";
import { takeChanges, type TakeChangesParts } from "./take-changes.ts";
import type { Wholeness } from "./wholeness.ts";

/** Requests in one answer. */
export const CHANGES_AT_ONCE = 512;

/** A request may be as long as a client's body; so much of them goes into one frame, and at least one. */
const MAX_BYTES = 4 * 1024 * 1024;

const DEADLINE_MS = 15_000;
const ACCOUNT_DEADLINE_MS = 3_000;

/** What serving a pull of changes needs. */
export interface ChangeSource extends PullParts {
  readonly whole: Wholeness;
  readonly changes: ChangeTable;
}

/** A page of the signed requests that changed messages; with an account only of that one, from a whole holder. */
export function pullChangesMethod(parts: ChangeSource): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    const mapHeight = reader.u64();
    const account = readCursor(reader, (each) => Buffer.from(each.bytes(33)));
    const after = readSealed(reader, { read: readChangeKey, keys: parts.keys });
    reader.end();
    const page = { mapHeight, first: after === undefined };
    if (account === undefined) await beginPull(parts, peer, page);
    else await beginAccount(parts, peer, { ...page, account });
    const rows = await parts.changes.page({ after, account, limit: CHANGES_AT_ONCE, nowMs: parts.clock.now() });
    const fit = fittingChanges(rows);
    const writer = new ByteWriter();
    const last = fit.length < rows.length || rows.length === CHANGES_AT_ONCE ? fit.at(-1) : undefined;
    writeSealed(writer, last, { write: writeChangeKey, keys: parts.keys });
    writeChanges(
      writer,
      fit.filter((row) => ownsAccount(parts.view, peer, row.account)),
    );
    return writer.finish();
  };
}

async function beginAccount(
  parts: ChangeSource,
  peer: Pubkey,
  { account, mapHeight, first }: { account: Buffer; mapHeight: bigint; first: boolean },
): Promise<void> {
  await parts.view.seen(mapHeight);
  if (!ownsAccount(parts.view, peer, account)) throw new LinkRefusal(REFUSAL.stranger, "not of the account's swarm");
  if (!(await parts.whole.canAnswer(account))) throw new LinkRefusal(REFUSAL.notWhole, "not whole");
  if (first) await caughtUp(parts);
}

/** The first changes whose requests together fit into one frame. */
export function fittingChanges<C extends Pick<SignedChange, "request">>(changes: readonly C[]): C[] {
  let bytes = 0;
  const end = changes.findIndex(({ request }, i) => {
    bytes += request.length;
    return i > 0 && bytes > MAX_BYTES;
  });
  return changes.slice(0, end === -1 ? changes.length : end);
}

function writeChangeKey(writer: ByteWriter, { account, stamp, id }: ChangeKey): ByteWriter {
  return writer.bytes(account).u64(stamp.ms).bytes(stamp.node).bytes(id);
}

function readChangeKey(reader: ByteReader): ChangeKey {
  const account = Buffer.from(reader.bytes(33));
  return { account, stamp: readStamp(reader), id: Buffer.from(reader.bytes(32)) };
}

/** Writes changes as records. */
export function writeChanges(writer: ByteWriter, changes: readonly SignedChange[]): void {
  writeList(writer, changes, (each, { account, stamp, request }) => {
    each.bytes(
      encodeRecord({ kind: "change", account, stamp, request, change: decodeChangeRequest(request, account) }),
    );
  });
}

/** Reads changes with the identity of each. @throws StorageError "malformed" */
export function readChanges(reader: ByteReader): (ChangeRecord & { readonly id: Buffer })[] {
  const records = reader.list(CHANGES_AT_ONCE, decodeRecord).filter((record) => record.kind === "change");
  return records.map((record) => ({ ...record, id: requestId(record.request) }));
}

/** What pulling changes needs. */
export interface ChangePullParts extends TakeChangesParts {
  readonly links: PeerLinks;
  readonly view: NodeView;
}

/** Pulls all that a source has for this node; with an account only what is about that one. @throws LinkError, StorageError */
export async function pullChanges(
  source: Pubkey,
  { mapHeight, account }: { mapHeight: bigint; account?: Buffer },
  parts: ChangePullParts,
): Promise<void> {
  const deadlineMs = account === undefined ? DEADLINE_MS : ACCOUNT_DEADLINE_MS;
  let after: Buffer | undefined;
  do {
    const writer = new ByteWriter().u64(mapHeight);
    writeCursor(writer, account, (each, value) => each.bytes(value));
    writeOpaque(writer, after);
    const reader = new ByteReader(await parts.links.request(source, KIND.pullChanges, writer.finish(), { deadlineMs }));
    after = readOpaque(reader);
    const changes = readChanges(reader).filter((each) => account === undefined || each.account.equals(account));
    await takeChanges(changes, parts);
  } while (after !== undefined);
}
