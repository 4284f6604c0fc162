import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { requestId } from "./change.ts";
import type { ChangeTable } from "./change-table.ts";
import type { Erasure } from "./erase-statement.ts";
import { writeList } from "./handoff-codec.ts";
import { decodeRecord, encodeRecord } from "./record-codec.ts";
import type { ChangeRecord, ReplicaRecord, RevocationRecord } from "./record.ts";
import { KIND } from "./replica-kinds.ts";
import { decodeRevocationRequest, revocationChange } from "./revocation-request.ts";
import type { RevocationTable } from "./revocation-table.ts";
import type { RequestKey, SignedRequest } from "./signed-request.ts";
import { takeChanges } from "./take-changes.ts";
import { type TakeParts, takeRevocations } from "./take-records.ts";

/** A kind of requests that whoever keeps an account keeps as the account signed them. */
export interface KeptRequests<R extends ChangeRecord | RevocationRecord = ChangeRecord | RevocationRecord> {
  readonly record: R["kind"];
  /** What they are pulled and brought by. */
  readonly kinds: { readonly pull: number; readonly bring: number };
  /** Requests in the order of their keys; of one account when it is given. @throws DatabaseError */
  page(options: {
    readonly after: RequestKey | undefined;
    readonly account: Buffer | undefined;
    readonly limit: number;
  }): Promise<SignedRequest[]>;
  /** Takes those of another node, each verified. True for each that is settled here. @throws StorageError "unavailable" */
  take(records: readonly R[]): Promise<boolean[]>;
  /** What is to be removed when they were handed over. */
  erasure(requests: readonly SignedRequest[]): Pick<Erasure, "changes" | "revocations">;
}

/** What sharing requests needs. */
export interface KeptParts extends TakeParts {
  readonly changes: ChangeTable;
  readonly revocationTable: RevocationTable;
}

/** All kinds of kept requests. */
export function keptRequests(parts: KeptParts): readonly KeptRequests[] {
  return [keptRevocations(parts), keptChanges(parts)] as readonly KeptRequests[];
}

function keptChanges(parts: KeptParts): KeptRequests<ChangeRecord> {
  return {
    record: "change",
    kinds: { pull: KIND.pullChanges, bring: KIND.bringChanges },
    page: (options) => parts.changes.page({ ...options, nowMs: parts.clock.now() }),
    take: (records) =>
      takeChanges(
        records.map((record) => ({ ...record, id: requestId(record.request) })),
        parts,
      ),
    erasure: (requests) => ({ changes: requests }),
  };
}

function keptRevocations(parts: KeptParts): KeptRequests<RevocationRecord> {
  return {
    record: "revocation",
    kinds: { pull: KIND.pullRevocations, bring: KIND.handRevocations },
    page: (options) => parts.revocationTable.page(options),
    take: (records) => takeRevocations(records, parts),
    erasure: (requests) => ({
      revocations: requests.map(({ account, stamp, request }) => {
        const change = revocationChange(decodeRevocationRequest(request, account));
        return { kind: "revocation", account, stamp, request, ...change };
      }),
    }),
  };
}

/** Requests in one answer. */
const AT_ONCE = 512;

/** A request may be as long as a client's body; so much of them goes into one frame, and at least one. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A page of what fits into one frame, and where the next one begins; undefined when this was the last. */
export async function framePage(
  requests: KeptRequests,
  options: { readonly after?: RequestKey | undefined; readonly account?: Buffer | undefined },
): Promise<{ readonly page: readonly SignedRequest[]; readonly next: RequestKey | undefined }> {
  const rows = await requests.page({ after: options.after, account: options.account, limit: AT_ONCE });
  const page = fitting(rows);
  return { page, next: page.length < rows.length || rows.length === AT_ONCE ? page.at(-1) : undefined };
}

/** The first requests that together fit into one frame. */
export function fitting<R extends Pick<SignedRequest, "request">>(requests: readonly R[]): R[] {
  let bytes = 0;
  const end = requests.findIndex(({ request }, i) => {
    bytes += request.length;
    return i > 0 && bytes > MAX_BYTES;
  });
  return requests.slice(0, end === -1 ? requests.length : end);
}

/** Writes requests as records. */
export function writeRequests(
  writer: ByteWriter,
  kind: KeptRequests["record"],
  requests: readonly Omit<SignedRequest, "id">[],
): void {
  writeList(writer, requests, (each, request) => each.bytes(encodeRecord({ ...request, kind })));
}

/** Reads the records of one kind. @throws StorageError "malformed" or "unknown" */
export function readRequests(reader: ByteReader, kind: KeptRequests["record"]): (ChangeRecord | RevocationRecord)[] {
  const ofKind = (record: ReplicaRecord): record is ChangeRecord | RevocationRecord => record.kind === kind;
  return reader.list(AT_ONCE, decodeRecord).filter(ofKind);
}
