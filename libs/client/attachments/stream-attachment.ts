import {
  PersonalHash,
  SecretStream,
  STREAM_CHUNK_OVERHEAD,
  STREAM_HEADER_BYTES,
  STREAM_KEY_BYTES,
} from "@swarmpost/crypto";
import { ClientError } from "../client-error.ts";
import { tooLarge } from "./legacy-attachment.ts";

// Session's newer format (client-protocol section 9): 'S', the header of a secret stream, its chunks. Zeros and a 1 come
// before the content, so that sizes fall on steps. Header and key follow from the content and the account's seed: the same
// file sent twice is the same upload. In a message such a file's url ends with `#…&d` and its key has 32 bytes.

const MARK = Buffer.from("S");
const CHUNK = 32_768;
const SMALLEST_STEP = 4_096;
const START = MARK.length + STREAM_HEADER_BYTES;
/** Most bytes of content. */
export const MAX_STREAM_BYTES = 10_218_286;

/** What the file is: the two have keys of their own. */
export type StreamDomain = "attachment" | "profile-picture";

const PERSONAL: Record<StreamDomain, string> = {
  attachment: "SessionAttachmnt",
  "profile-picture": "Session_Prof_Pic",
};

/** Where a file's bytes come from; read twice, once for its key. */
export type FileSource = () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Bytes to upload for so many of content: a multiple of a thirty-second of the power of two below, at least 4,096. */
export function streamSealedSize(size: number): number {
  const padded = size + 1;
  const least = START + padded + Math.ceil(padded / CHUNK) * STREAM_CHUNK_OVERHEAD;
  const step = Math.max(SMALLEST_STEP, 2 ** Math.floor(Math.log2(least)) / 32);
  return Math.ceil(least / step) * step;
}

/** Reads the source once: its size and its key material. Throws ClientError "attachment-too-large". */
export async function streamKey(
  source: FileSource,
  seed: Uint8Array,
  domain: StreamDomain,
): Promise<{ header: Buffer; key: Buffer; size: number }> {
  const hash = new PersonalHash(STREAM_HEADER_BYTES + STREAM_KEY_BYTES, seed, PERSONAL[domain]);
  let size = 0;
  for await (const piece of source()) {
    size += piece.length;
    if (size > MAX_STREAM_BYTES) throw tooLarge(size, MAX_STREAM_BYTES);
    hash.update(piece);
  }
  const digest = hash.digest();
  return { header: digest.subarray(0, STREAM_HEADER_BYTES), key: digest.subarray(STREAM_HEADER_BYTES), size };
}

/** The sealed file, a chunk at a time. */
export async function* sealStream(
  source: FileSource,
  { header, key, size }: { header: Buffer; key: Buffer; size: number },
): AsyncGenerator<Buffer> {
  yield Buffer.concat([MARK, header]);
  const body = streamSealedSize(size) - START;
  const total = body - Math.ceil(body / (CHUNK + STREAM_CHUNK_OVERHEAD)) * STREAM_CHUNK_OVERHEAD;
  const stream = new SecretStream(header, key);
  let given = 0;
  for await (const chunk of inChunks(padded(source, total - size - 1))) {
    given += chunk.length;
    yield stream.push(chunk, { last: given === total });
  }
  if (given !== total) throw new ClientError("bad-attachment", "the file changed while it was sealed");
}

/** Opens a sealed file, a chunk at a time. Throws ClientError "bad-attachment" as soon as a chunk is not the sender's. */
export async function* openStream(
  file: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  key: Uint8Array,
): AsyncGenerator<Buffer> {
  if (key.length !== STREAM_KEY_BYTES) throw bad("named with an odd key");
  const opener = new StreamOpener(key);
  for await (const piece of file) yield* opener.update(piece);
  yield* opener.final();
}

/** Cuts the file into its chunks, opens them and leaves the padding out. */
class StreamOpener {
  readonly #key: Uint8Array;
  #stream: SecretStream | undefined;
  #rest = Buffer.alloc(0);
  #started = false;
  #ended = false;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  *update(piece: Uint8Array): Generator<Buffer> {
    this.#rest = Buffer.concat([this.#rest, piece]);
    if (this.#stream === undefined) {
      if (this.#rest.length < START) return;
      if (!this.#rest.subarray(0, 1).equals(MARK)) throw bad("of another kind");
      this.#stream = new SecretStream(this.#rest.subarray(1, START), this.#key);
      this.#rest = this.#rest.subarray(START);
    }
    // A full chunk may be the last one: it is opened when more has come, or at the end.
    while (this.#rest.length > CHUNK + STREAM_CHUNK_OVERHEAD) {
      yield* this.#open(this.#stream, this.#rest.subarray(0, CHUNK + STREAM_CHUNK_OVERHEAD));
      this.#rest = this.#rest.subarray(CHUNK + STREAM_CHUNK_OVERHEAD);
    }
  }

  *final(): Generator<Buffer> {
    if (this.#stream !== undefined) yield* this.#open(this.#stream, this.#rest);
    if (!this.#ended || !this.#started) throw bad("cut short");
  }

  *#open(stream: SecretStream, sealed: Uint8Array): Generator<Buffer> {
    const opened = this.#ended ? undefined : stream.pull(sealed);
    if (opened === undefined) throw bad("another one than the message says");
    this.#ended = opened.last;
    if (this.#started) return yield opened.chunk;
    const start = opened.chunk.findIndex((byte) => byte !== 0);
    if (start === -1) return;
    if (opened.chunk[start] !== 1) throw bad("padded in an unknown way");
    this.#started = true;
    if (start + 1 < opened.chunk.length) yield opened.chunk.subarray(start + 1);
  }
}

async function* padded(source: FileSource, zeros: number): AsyncGenerator<Uint8Array> {
  yield Buffer.concat([Buffer.alloc(zeros), Buffer.of(1)]);
  yield* source();
}

/** The same bytes in pieces of a chunk each, the last one shorter. */
async function* inChunks(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const piece of pieces) {
    rest = Buffer.concat([rest, piece]);
    for (; rest.length >= CHUNK; rest = rest.subarray(CHUNK)) yield rest.subarray(0, CHUNK);
  }
  if (rest.length > 0) yield rest;
}

function bad(why: string): ClientError {
  return new ClientError("bad-attachment", `the attachment is ${why}`);
}
