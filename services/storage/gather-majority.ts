/** How long the members of a swarm are waited for. */
export interface Patience {
  /** Once enough members confirmed, the others get this much longer, in milliseconds. */
  readonly stragglerMs: number;
}

/**
 * Waits until all have settled, or `stragglerMs` after `needed` of them were good. The work itself has its own deadline.
 * @param work resolves with true for a member that confirmed, with false for one that did not; never rejects.
 */
export async function gatherMajority(
  work: readonly Promise<boolean>[],
  needed: number,
  patience: Patience,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let good = 0;
  let timer: NodeJS.Timeout | undefined;
  const count = (confirmed: boolean) => {
    if (confirmed) good++;
    if (good >= needed) timer ??= setTimeout(resolve, patience.stragglerMs);
  };
  if (needed <= 0) timer = setTimeout(resolve, patience.stragglerMs);
  void Promise.all(work.map((each) => each.then(count))).then(() => resolve());
  await promise;
  clearTimeout(timer);
}
