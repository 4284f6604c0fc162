import { emptyView } from "./build-view.ts";
import type { NetworkView } from "./network-view.ts";
import type { ViewListener } from "./view-follower.ts";

/** Holds the current view, makes at most one new view a turn of the event loop, and tells the listeners. */
export class ViewCell {
  readonly #compose: (before: NetworkView) => NetworkView;
  readonly #listeners = new Set<ViewListener>();
  #current = emptyView;
  #scheduled: NodeJS.Immediate | undefined;

  /** @param compose makes the next view of what the books hold now. */
  constructor(compose: (before: NetworkView) => NetworkView) {
    this.#compose = compose;
  }

  get current(): NetworkView {
    return this.#current;
  }

  onChange(listener: ViewListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Something a view is made of has changed. */
  touch(): void {
    this.#scheduled ??= setImmediate(() => this.flush());
  }

  /** Makes the pending view now, if there is one. */
  flush(): void {
    if (this.#scheduled === undefined) return;
    this.stop();
    const previous = this.#current;
    this.#current = this.#compose(previous);
    for (const listener of this.#listeners) listener(this.#current, previous);
  }

  /** Lets go of a pending view: the current one stays. */
  stop(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
  }
}
