import { backOff } from "./back-off.ts";
import type { Path, Random } from "./path.ts";
import type { PathFailure } from "./path-failure.ts";
import type { Paths } from "./paths.ts";
import type { ServiceNode } from "./service-node.ts";

/** How often a request is sent: each time a new onion, over another path when one failed. */
const ATTEMPTS = 3;

/** One request that goes over paths. */
export interface PathRequest<T> {
  /** The node that it is for; absent for a server behind an exit. */
  readonly destination?: ServiceNode;
  readonly send: (path: Path) => Promise<{ readonly reply: T } | { readonly failure: PathFailure }>;
  /** A path failed: tells who is to blame, and whether trying again is of use. */
  readonly failed: (path: Path, failure: PathFailure) => { readonly again: boolean };
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends a request over up to three paths, with a growing wait in between. The reply and its path, or why the last one
 * failed. Throws what building a path throws, and the signal's reason.
 */
export async function overPaths<T>(
  { paths, random }: { paths: Paths; random: Random },
  request: PathRequest<T>,
): Promise<{ readonly reply: T; readonly path: Path } | { readonly failure: PathFailure }> {
  for (let attempt = 1; ; attempt++) {
    const path = await paths.get(request.destination, request.signal);
    const outcome = await request.send(path);
    if ("reply" in outcome) {
      paths.succeeded(path);
      return { reply: outcome.reply, path };
    }
    const { again } = request.failed(path, outcome.failure);
    if (!again || attempt === ATTEMPTS) return outcome;
    await backOff(attempt, random, request.signal);
  }
}
