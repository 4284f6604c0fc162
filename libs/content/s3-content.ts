import { DeleteObjectCommand, GetObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { Readable } from "node:stream";
import type { ByteRange, ContentStore } from "./content-store.ts";
import { ContentError } from "./errors.ts";

const PART_BYTES = 5 * 1024 * 1024;

/** A bucket of S3 or of a server that speaks its protocol. */
export interface S3Options {
  /** `https://host:port`; absent: Amazon's own for the region. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  readonly bucket: string;
  /** Put before every name, such as `files/`. */
  readonly prefix: string;
  /** Absent: found as Amazon's tools find them (environment, the pod's identity). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** `https://host/bucket/name` instead of `https://bucket.host/name`. */
  readonly pathStyle: boolean;
}

function toContentError(error: unknown): unknown {
  if (error instanceof S3ServiceException) {
    if (error.name === "NoSuchKey" || error.name === "NotFound") {
      return new ContentError("not-found", "there is no such content", { cause: error });
    }
    return new ContentError("unavailable", `the bucket answered ${error.name}`, { cause: error });
  }
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const network = typeof code === "string" && /^E[A-Z_]+$/.test(code);
  if (!network && name !== "TimeoutError" && name !== "CredentialsProviderError") return error;
  return new ContentError("unavailable", `the bucket does not answer: ${network ? code : name}`, { cause: error });
}

/** Content as objects of one bucket. A body is sent in parts of 5 MiB, one at a time, so that no more of it is in memory. */
export class S3Content implements ContentStore, Disposable {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(options: S3Options) {
    const { endpoint, region, bucket, prefix, credentials, pathStyle } = options;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#client = new S3Client({
      region,
      forcePathStyle: pathStyle,
      // Newer checksums are refused by servers that only speak the protocol.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      requestHandler: { connectionTimeout: 5000, requestTimeout: 60_000 },
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
    });
  }

  async put(name: string, body: Readable): Promise<void> {
    const params = { ...this.#place(name), Body: body, ContentType: "application/octet-stream" };
    const upload = new Upload({ client: this.#client, params, queueSize: 1, partSize: PART_BYTES });
    let failedBody: { error: unknown } | undefined;
    body.once("error", (error) => (failedBody = { error }));
    try {
      await upload.done();
    } catch (error) {
      // Giving up the parts may have failed as well; the body's own error is what the caller waits for.
      throw failedBody ? failedBody.error : toContentError(error);
    }
  }

  async open(name: string, range?: ByteRange): Promise<Readable> {
    const part = range && { Range: `bytes=${range.start}-${range.end}` };
    try {
      const { Body } = await this.#client.send(new GetObjectCommand({ ...this.#place(name), ...part }));
      return Body as Readable;
    } catch (error) {
      throw toContentError(error);
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await this.#client.send(new DeleteObjectCommand(this.#place(name)));
    } catch (error) {
      const failure = toContentError(error);
      if (!(failure instanceof ContentError && failure.code === "not-found")) throw failure;
    }
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }

  #place(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${name}` };
  }
}
