import type { Pubkey } from "@swarmpost/crypto";
import { LinkRefusal, type PeerLinks } from "@swarmpost/rpc";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { readCursor, writeCursor } from "./handoff-codec.ts";
import { beginPull, caughtUp, ownsAccount, type PullParts } from "./pull-method.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { knowsNot, REFUSAL } from "./replica-kinds.ts";
import { readOpaque, readSealed, writeOpaque, writeSealed } from "./sealed-cursor.ts";
import { framePage, readRequests, type KeptRequests, writeRequests } from "./kept-requests.ts";
import { readRequestKey, writeRequestKey } from "./signed-request.ts";
import type { Wholeness } from "./wholeness.ts";

const DEADLINE_MS = 15_000;
const ACCOUNT_DEADLINE_MS = 3_000;

/** What serving a pull of kept requests needs. */
export interface KeptSource extends PullParts {
  readonly whole: Wholeness;
}

/** A page of the signed requests of one kind; with an account only of that one, from a whole holder. */
export function pullKeptMethod(requests: KeptRequests, parts: KeptSource): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    const mapHeight = reader.u64();
    const account = readCursor(reader, (each) => Buffer.from(each.bytes(33)));
    const after = readSealed(reader, { read: readRequestKey, keys: parts.keys });
    reader.end();
    const first = { mapHeight, first: after === undefined };
    if (account === undefined) await beginPull(parts, peer, first);
    else await beginAccount(parts, peer, { ...first, account });
    const { page, next } = await framePage(requests, { after, account });
    const own = page.filter((row) => ownsAccount(parts.view, peer, row.account));
    const writer = new ByteWriter();
    writeSealed(writer, next, { write: writeRequestKey, keys: parts.keys });
    writeRequests(writer, requests.record, own);
    return writer.finish();
  };
}

async function beginAccount(
  parts: KeptSource,
  peer: Pubkey,
  { account, mapHeight, first }: { account: Buffer; mapHeight: bigint; first: boolean },
): Promise<void> {
  await parts.view.seen(mapHeight);
  if (!ownsAccount(parts.view, peer, account)) throw new LinkRefusal(REFUSAL.stranger, "not of the account's swarm");
  if (!(await parts.whole.canAnswer(account))) throw new LinkRefusal(REFUSAL.notWhole, "not whole");
  if (first) await caughtUp(parts);
}

/**
 * Pulls all that a source has for this node; with an account only what is about that one. A source whose program does not know
 * such requests has none: it never said that it did what one asks for. One that says so after a first page does not know its
 * own cursor any more, and is to be pulled again.
 *
 * @throws LinkError, StorageError
 */
export async function pullKept(
  source: Pubkey,
  requests: KeptRequests,
  { links, ...asked }: { links: PeerLinks; mapHeight: bigint; account?: Buffer },
): Promise<void> {
  const { account, mapHeight } = asked;
  const deadlineMs = account === undefined ? DEADLINE_MS : ACCOUNT_DEADLINE_MS;
  let after: Buffer | undefined;
  do {
    const writer = new ByteWriter().u64(mapHeight);
    writeCursor(writer, account, (each, value) => each.bytes(value));
    writeOpaque(writer, after);
    const answer = await links
      .request(source, requests.kinds.pull, writer.finish(), { deadlineMs })
      .catch((error: unknown) => {
        if (after === undefined && knowsNot(error)) return undefined;
        throw error;
      });
    if (answer === undefined) return;
    const reader = new ByteReader(answer);
    after = readOpaque(reader);
    const records = readRequests(reader, requests.record);
    await requests.take(records.filter((each) => account === undefined || each.account.equals(account)));
  } while (after !== undefined);
}
