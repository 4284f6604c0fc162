import type { Readable } from "node:stream";

/** A part of some content: the bytes from `start` to `end`, both counted from 0 and both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where the bytes of files are. Knows nothing of their meaning, lifetime or size: whoever uses it keeps these in a database.
 * A name has 1 to 64 characters of `A-Za-z0-9_-`. Every implementation passes the same tests (content-store-contract.ts).
 */
export interface ContentStore {
  /**
   * Keeps all of `body` under `name`, replacing what was there. When this resolves, the content outlives a crash of this
   * process and its machine's power. When it rejects, a reader never sees a part.
   *
   * @throws what `body` threw, or ContentError `unavailable`.
   */
  put(name: string, body: Readable): Promise<void>;

  /**
   * Opens content for reading, whole or a part of it; destroying the stream gives its resources back. A failure after the
   * first byte is an error of the stream.
   *
   * @throws ContentError `not-found`, `unavailable`.
   */
  open(name: string, range?: ByteRange): Promise<Readable>;

  /** Removes content; nothing when it is not there. @throws ContentError `unavailable` */
  remove(name: string): Promise<void>;
}
