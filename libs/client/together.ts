/** Something that goes on until its signal aborts. */
export type Start<T> = (signal: AbortSignal) => AsyncGenerator<T, unknown, undefined>;

/**
 * Several followers as one. Each goes on while another one's page is worked on, and those that always have something leave the
 * others their turn. Ends when all have ended or the signal aborts; when one fails, or the loop over it is left, the others end.
 */
export async function* together<T>(
  starts: readonly Start<T>[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<T, void, undefined> {
  const end = new AbortController();
  const signal = options.signal === undefined ? end.signal : AbortSignal.any([options.signal, end.signal]);
  const followers = starts.map((start) => start(signal));
  const waiting = new Map(followers.map((follower) => [follower, nextOf(follower)]));
  try {
    while (waiting.size > 0) {
      const { follower, result } = await Promise.race(waiting.values());
      waiting.delete(follower);
      if (result.done === true) continue;
      waiting.set(follower, nextOf(follower)); // Behind the others.
      yield result.value;
    }
  } finally {
    end.abort();
    await Promise.allSettled(followers.map((follower) => follower.return(undefined)));
  }
}

function nextOf<T>(follower: AsyncGenerator<T, unknown, undefined>) {
  const next = follower.next().then((result) => ({ follower, result }));
  next.catch(() => undefined); // It is awaited with the others, perhaps only after the consumer's work.
  return next;
}
