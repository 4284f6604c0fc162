import type { Pubkey } from "@swarmpost/crypto";
import { LinkRefusal, type PeerLinks } from "@swarmpost/rpc";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { readCursor, writeList } from "./handoff-codec.ts";
import type { NodeView } from "./node-view.ts";
import { beginPull, caughtUp, ownsAccount, type PullParts } from "./pull-method.ts";
import { decodeRecord, encodeRecord } from "./record-codec.ts";
import type { RevocationRecord } from "./record.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { KIND, REFUSAL } from "./replica-kinds.ts";
import type { RevocationTable } from "./revocation-table.ts";
import { readOpaque, readSealed, writeOpaque, writeSealed } from "./sealed-cursor.ts";
import { type TakeParts, takeRevocations } from "./take-records.ts";
import type { Wholeness } from "./wholeness.ts";

/** Requests in one answer; each is at most about 7 KB long. */
export const REVOCATIONS_AT_ONCE = 256;

const DEADLINE_MS = 15_000;
const ACCOUNT_DEADLINE_MS = 3_000;

/** What serving a pull of revocations needs. */
export interface RevocationSource extends PullParts {
  readonly whole: Wholeness;
  readonly revocationTable: RevocationTable;
}

/** A page of the requests that revoked tokens or put them in force again; or all of one account, from a whole holder. */
export function pullRevocationsMethod(parts: RevocationSource): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    const mapHeight = reader.u64();
    const account = readCursor(reader, (each) => Buffer.from(each.bytes(33)));
    if (account !== undefined) return ofAccount(parts, peer, { account, mapHeight });
    const after = readSealed(reader, { read: (each) => Buffer.from(each.bytes(32)), keys: parts.keys });
    reader.end();
    await beginPull(parts, peer, { mapHeight, first: after === undefined });
    const page = await parts.revocationTable.page(after, REVOCATIONS_AT_ONCE);
    const writer = new ByteWriter();
    const last = page.length < REVOCATIONS_AT_ONCE ? undefined : page.at(-1)?.id;
    writeSealed(writer, last, { write: (each, id) => each.bytes(id), keys: parts.keys });
    const own = page.filter(({ record }) => ownsAccount(parts.view, peer, record.account));
    return writeRecords(
      writer,
      own.map(({ record }) => record),
    );
  };
}

async function ofAccount(
  parts: RevocationSource,
  peer: Pubkey,
  { account, mapHeight }: { account: Buffer; mapHeight: bigint },
): Promise<Buffer> {
  await parts.view.seen(mapHeight);
  if (!ownsAccount(parts.view, peer, account)) throw new LinkRefusal(REFUSAL.stranger, "not of the account's swarm");
  if (!(await parts.whole.canAnswer(account))) throw new LinkRefusal(REFUSAL.notWhole, "not whole");
  await caughtUp(parts);
  const writer = new ByteWriter();
  writeOpaque(writer, undefined);
  return writeRecords(writer, await parts.revocationTable.of(account));
}

function writeRecords(writer: ByteWriter, records: readonly RevocationRecord[]): Buffer {
  writeList(writer, records, (each, record) => each.bytes(encodeRecord(record)));
  return writer.finish();
}

/** What pulling revocations needs. */
export interface RevocationPullParts extends TakeParts {
  readonly links: PeerLinks;
  readonly view: NodeView;
  readonly revocationTable: RevocationTable;
}

/** Pulls all that a source has for this node. @throws LinkError, StorageError */
export async function pullRevocations(source: Pubkey, mapHeight: bigint, parts: RevocationPullParts): Promise<void> {
  let after: Buffer | undefined;
  do {
    const writer = new ByteWriter().u64(mapHeight).u8(0);
    writeOpaque(writer, after);
    const reader = new ByteReader(await ask(source, writer, parts, DEADLINE_MS));
    after = readOpaque(reader);
    await takeRevocations(readRecords(reader), parts);
  } while (after !== undefined);
}

/** Pulls those of one account. @throws LinkError, StorageError */
export async function pullAccountRevocations(
  source: Pubkey,
  account: Buffer,
  parts: RevocationPullParts,
): Promise<void> {
  const writer = new ByteWriter().u64(parts.view.current.map.height).u8(1).bytes(account);
  const reader = new ByteReader(await ask(source, writer, parts, ACCOUNT_DEADLINE_MS));
  readOpaque(reader);
  await takeRevocations(
    readRecords(reader).filter((record) => record.account.equals(account)),
    parts,
  );
}

function readRecords(reader: ByteReader): RevocationRecord[] {
  return reader.list(REVOCATIONS_AT_ONCE, decodeRecord).filter((record) => record.kind === "revocation");
}

function ask(source: Pubkey, writer: ByteWriter, parts: RevocationPullParts, deadlineMs: number): Promise<Buffer> {
  return parts.links.request(source, KIND.pullRevocations, writer.finish(), { deadlineMs });
}
