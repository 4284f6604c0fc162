import { Readable } from "node:stream";
import { FileServerError } from "./errors.ts";

/** A request's body, read as it comes in. Its connection stays open whatever happens, so that an answer can be given. */
export class RequestBody {
  readonly #body: Readable | undefined;
  readonly #maxBytes: number;
  #size = 0;

  /** An absent body is empty. */
  constructor(body: unknown, maxBytes: number) {
    this.#body = body instanceof Readable ? body : undefined;
    this.#maxBytes = maxBytes;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** The bytes; fails with FileServerError `too-large` after `maxBytes` of them. Read it once. */
  stream(): Readable {
    return Readable.from(this.#chunks(), { objectMode: false });
  }

  /** All bytes at once. @throws FileServerError `too-large` */
  async whole(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.#chunks()) chunks.push(chunk);
    return Buffer.concat(chunks, this.#size);
  }

  async *#chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of this.#body?.iterator({ destroyOnReturn: false }) ?? []) {
      this.#size += chunk.length;
      if (this.#size > this.#maxBytes) {
        throw new FileServerError("too-large", `a file has at most ${this.#maxBytes} bytes`);
      }
      yield chunk;
    }
  }
}
