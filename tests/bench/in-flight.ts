/**
 * Does `count` tasks, at most `depth` at a time, each begun when an earlier one ends; begins no more after `forMs`.
 * Rejects with the first failure.
 * @returns how long it took, seconds.
 */
export async function inFlight(
  count: number,
  depth: number,
  task: (index: number) => Promise<unknown>,
  forMs = Number.POSITIVE_INFINITY,
): Promise<number> {
  const started = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count && performance.now() - started < forMs) await task(next++);
  };
  await Promise.all(Array.from({ length: Math.min(depth, count) }, worker));
  return (performance.now() - started) / 1_000;
}

/** CPU of this process while `work` runs, µs. */
export async function ownCpu(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
