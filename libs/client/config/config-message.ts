import { blake2b } from "@swarmpost/crypto";
import { bdecode, bencode, type BInput, type BValue, EncodingError } from "@swarmpost/encoding";
import { ClientError } from "../client-error.ts";
import { applyDiff, type ConfigDict, copyOf, diffOf } from "./config-diff.ts";

// A config message (client-protocol section 8): `#` its number, `&` all values, `<` what the last five before it changed, `=`
// what it changed itself, `~` a group's signature over all before. So two that were made at once can be made one.

/** So many numbers back a config is told apart from those after it; older ones are dropped. */
const LAG = 5;
/** `1:~64:`, the signature and the dictionary's end. */
const SIGNATURE_PART = 6 + 64 + 1;

/** One version of a config. */
export interface ConfigMessage {
  readonly seqno: number;
  readonly data: ConfigDict;
  readonly diff: ConfigDict;
  readonly lagged: readonly LaggedDiff[];
  /** BLAKE2b-256 of the message. */
  readonly digest: Buffer;
}

/** What an earlier version changed. */
interface LaggedDiff {
  readonly seqno: number;
  readonly digest: Buffer;
  readonly diff: ConfigDict;
}

/** The config before its first change. */
export function emptyConfig(): ConfigMessage {
  const nothing = { seqno: 0, data: new Map(), diff: new Map(), lagged: [] };
  return { ...nothing, digest: blake2b(32, bencode(fieldsOf(nothing))) };
}

/**
 * Reads a message. Throws ClientError "unreadable-message" when it is none, or `isSigned` says that the signature (64 bytes)
 * over its beginning is wrong.
 */
export function parseConfig(bytes: Buffer, isSigned: (message: Buffer, signature: Buffer) => boolean): ConfigMessage {
  const fields = dictionaryOf(decode(bytes));
  const [seqno, data, lagged] = [fields.get("#"), fields.get("&"), fields.get("<")];
  const [diff, signature] = [fields.get("="), fields.get("~")];
  const number = numberOf(seqno);
  if (number === undefined || !Array.isArray(lagged)) throw unreadable("it has no number");
  if (!Buffer.isBuffer(signature) || signature.length !== 64) throw unreadable("it is not signed");
  if (!isSigned(bytes.subarray(0, -SIGNATURE_PART), signature)) throw unreadable("its signature is wrong");
  return {
    seqno: number,
    data: dictionaryOf(data),
    diff: dictionaryOf(diff),
    lagged: lagged.map(readLagged).filter((each) => each.seqno > number - LAG && each.seqno < number),
    digest: blake2b(32, bytes),
  };
}

/** A config after a change, and its message as it is sealed. */
export function changeConfig(
  before: ConfigMessage,
  change: (data: ConfigDict) => void,
  sign: (message: Buffer) => Buffer,
): { readonly config: ConfigMessage; readonly bytes: Buffer } {
  const data = copyOf(before.data);
  change(data);
  const seqno = before.seqno + 1;
  const last = { seqno: before.seqno, digest: before.digest, diff: before.diff };
  const earlier = new Map([...before.lagged, last].map((each) => [nameOf(each), each]));
  const lagged = [...earlier.values()].filter((each) => each.seqno > seqno - LAG).sort(byNumber);
  const next = { seqno, data, diff: diffOf(before.data, data), lagged };
  const unsigned = bencode(fieldsOf(next)).subarray(0, -1);
  const bytes = Buffer.concat([unsigned, Buffer.from("1:~64:"), sign(unsigned), Buffer.from("e")]);
  return { config: { ...next, digest: blake2b(32, bytes) }, bytes };
}

/**
 * The one of several configs that counts: the last, when it came from all others. Else, for whoever can sign, all their changes
 * in the order of their numbers, as what the next change is made to; for others the highest.
 */
export function joinConfigs(configs: readonly ConfigMessage[], { canSign }: { canSign: boolean }): ConfigMessage {
  const live = liveOf(configs).sort(byNumber);
  const highest = live.at(-1);
  if (highest === undefined) return emptyConfig();
  if (live.length === 1 || !canSign) return highest;
  const changes = new Map<string, LaggedDiff & { source: ConfigDict }>();
  for (const { lagged, ...config } of live.toReversed()) {
    for (const each of [config, ...lagged]) {
      const name = nameOf(each);
      if (!changes.has(name)) changes.set(name, { ...each, source: config.data });
    }
  }
  const data = copyOf(highest.data);
  const replayed = [...changes.values()].sort(byNumber);
  for (const { diff, source } of replayed) applyDiff(data, diff, source);
  const lagged = replayed.map(({ seqno, digest, diff }) => ({ seqno, digest, diff }));
  return { ...highest, data, lagged };
}

/** Those that no other one came from, without the far too old. */
export function liveOf(configs: readonly ConfigMessage[]): ConfigMessage[] {
  const newest = Math.max(...configs.map(({ seqno }) => seqno));
  const included = new Set(configs.flatMap(({ lagged }) => lagged.map(nameOf)));
  const distinct = new Map(configs.map((config) => [nameOf(config), config]));
  return [...distinct].flatMap(([name, config]) =>
    included.has(name) || config.seqno + LAG <= newest ? [] : [config],
  );
}

function nameOf({ seqno, digest }: { seqno: number; digest: Buffer }): string {
  return `${seqno} ${digest.toString("hex")}`;
}

function byNumber(a: { seqno: number; digest: Buffer }, b: { seqno: number; digest: Buffer }): number {
  return a.seqno - b.seqno || Buffer.compare(a.digest, b.digest);
}

function fieldsOf({ seqno, data, diff, lagged }: Omit<ConfigMessage, "digest">): Record<string, BInput> {
  const earlier = lagged.map((each) => [each.seqno, each.digest, each.diff] as const);
  return { "#": seqno, "&": data, "<": earlier, "=": diff };
}

function readLagged(value: BValue): LaggedDiff {
  const [seqno, digest, diff] = Array.isArray(value) ? value : [];
  const number = numberOf(seqno);
  if (number === undefined || !Buffer.isBuffer(digest) || digest.length !== 32) {
    throw unreadable("its history makes no sense");
  }
  return { seqno: number, digest, diff: dictionaryOf(diff) };
}

/** A number that can be followed by a next one. */
function numberOf(value: BValue | undefined): number | undefined {
  return typeof value === "bigint" && value >= 0n && value < BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : undefined;
}

function decode(bytes: Buffer): BValue {
  try {
    return bdecode(bytes);
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
    throw unreadable("it is not one", cause);
  }
}

function dictionaryOf(value: BValue | undefined): ConfigDict {
  if (value instanceof Map) return value;
  throw unreadable("it lacks a part");
}

function unreadable(why: string, cause?: unknown): ClientError {
  return new ClientError("unreadable-message", `a config can't be read: ${why}`, { cause });
}
