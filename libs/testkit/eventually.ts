import { setTimeout as delay } from "node:timers/promises";
import { TestkitError } from "./errors.ts";

/**
 * Calls `fn` until it neither throws nor returns false, and returns its result. The pause between two calls is `intervalMs`
 * (20 by default). After `timeoutMs` (10,000 by default) throws what `fn` threw last, or TestkitError `timeout`.
 */
export async function eventually<T>(
  fn: () => T | Promise<T>,
  options: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<Exclude<T, false>> {
  const deadline = performance.now() + (options.timeoutMs ?? 10_000);
  for (;;) {
    let failure: unknown = new TestkitError("timeout", "the condition did not come true in time");
    try {
      const result = await fn();
      if (result !== false) return result as Exclude<T, false>;
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= deadline) throw failure;
    await delay(options.intervalMs ?? 20);
  }
}
