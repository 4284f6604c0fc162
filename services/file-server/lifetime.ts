import { FileServerError } from "./errors.ts";

/** How long a file is to be kept, in ms: what `X-FS-TTL` (seconds) asks for, at most `maxSeconds`. @throws FileServerError `bad-request` */
export function lifetimeMs(header: string | string[] | undefined, maxSeconds: number): number {
  if (header === undefined) return maxSeconds * 1000;
  if (typeof header !== "string" || !/^[1-9]\d{0,14}$/.test(header)) {
    throw new FileServerError("bad-request", "X-FS-TTL must be a whole number of seconds");
  }
  return Math.min(Number(header), maxSeconds) * 1000;
}
