import type { Logger } from "./logger.ts";

/** How long whatever is still open may end by itself, ms. */
const HELD_MS = 500;

/**
 * To be called when all work is done and disposed: the process ends by itself as soon as nothing is open, and after half a
 * second all the same. A library may leave a socket that goes on connecting for two minutes to an address which is gone, and
 * a pod that is held by it has its update wait for the end of its grace period. The exit code stays what it is.
 */
export function endHeld(logger: Logger): void {
  const end = (): void => {
    logger.warn("held_open", { reason: [...new Set(process.getActiveResourcesInfo())].join() });
    process.exit();
  };
  setTimeout(end, HELD_MS).unref();
}
