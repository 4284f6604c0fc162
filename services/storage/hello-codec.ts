import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { DATABASE_ID_BYTES, MAX_FORMER } from "./database-identity.ts";
import { writeList } from "./handoff-codec.ts";

const LEAVING = 1;
const STARTING = 2;

/** A database, and how many commits it had. */
export interface DatabaseMark {
  /** 16 bytes. */
  readonly id: Buffer;
  readonly commits: bigint;
}

/** What a node tells the members of its swarm of itself. */
export interface Hello extends DatabaseMark {
  /**
   * "starting": it does not know yet whether its database is what it was. "leaving": it is being stopped and will not answer
   * for a moment.
   */
  readonly phase: "starting" | "serving" | "leaving";
  /** Ids that its database had before it lost something. */
  readonly former: readonly Buffer[];
}

/** What a member says to that. */
export interface HelloAnswer {
  /** Missed frames that it keeps for the node. */
  readonly kept: number;
  /** What it remembers of the node's database, unless the hello says that this is lost. */
  readonly remembered: DatabaseMark | undefined;
}

export function encodeHello(hello: Hello): Buffer {
  const flags = { starting: STARTING, serving: 0, leaving: LEAVING }[hello.phase];
  const writer = new ByteWriter().u8(flags).bytes(hello.id).u64(hello.commits);
  writeList(writer, hello.former, (each, id) => each.bytes(id));
  return writer.finish();
}

/** @throws StorageError "malformed" */
export function decodeHello(payload: Buffer): Hello {
  const reader = new ByteReader(payload);
  const flags = reader.u8();
  const mark = readMark(reader);
  const former = reader.list(MAX_FORMER, readId);
  reader.end();
  const phase = (flags & LEAVING) !== 0 ? "leaving" : (flags & STARTING) !== 0 ? "starting" : "serving";
  return { ...mark, phase, former };
}

export function encodeHelloAnswer({ kept, remembered }: HelloAnswer): Buffer {
  const writer = new ByteWriter().u32(kept).u8(remembered === undefined ? 0 : 1);
  if (remembered !== undefined) writer.bytes(remembered.id).u64(remembered.commits);
  return writer.finish();
}

/** @throws StorageError "malformed" */
export function decodeHelloAnswer(payload: Buffer): HelloAnswer {
  const reader = new ByteReader(payload);
  const kept = reader.u32();
  const remembered = reader.u8() === 0 ? undefined : readMark(reader);
  reader.end();
  return { kept, remembered };
}

function readMark(reader: ByteReader): DatabaseMark {
  return { id: readId(reader), commits: reader.u64() };
}

function readId(reader: ByteReader): Buffer {
  return Buffer.from(reader.bytes(DATABASE_ID_BYTES));
}
