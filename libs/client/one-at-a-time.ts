/** Does one thing after the other, in the order in which they were asked for, whatever becomes of those before. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  /** Does something when all before it have come to their end; what its signal ended meanwhile is not begun. */
  async run<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      signal.throwIfAborted();
      return await act();
    });
    this.#last = turn.catch(() => undefined);
    return await turn;
  }
}
