import { FileServerError } from "./errors.ts";

const PLATFORMS: readonly string[] = ["desktop", "android", "ios"];

/** The answer to `GET /session_version`. `updated` is seconds since the Unix epoch. */
export interface VersionAnswer {
  readonly status_code: 200;
  readonly updated: number;
  readonly result: string;
}

/**
 * `GET /session_version?platform=`: the newest version of a client, as the operator set it. Who asks with a signature gets
 * the same answer; nobody is counted.
 * @throws FileServerError `not-found` for an unknown platform, `unknown-version` where none is set
 */
export function sessionVersion(
  platform: string | undefined,
  parts: { versions: ReadonlyMap<string, string>; nowMs: number },
): VersionAnswer {
  if (platform === undefined || !PLATFORMS.includes(platform)) {
    throw new FileServerError("not-found", `platform must be one of ${PLATFORMS.join(", ")}`);
  }
  const result = parts.versions.get(platform);
  if (result === undefined) throw new FileServerError("unknown-version", "no version is known of this platform");
  return { status_code: 200, updated: parts.nowMs / 1000, result };
}
