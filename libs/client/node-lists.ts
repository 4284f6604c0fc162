import { bootstrap, type NodeList } from "./bootstrap.ts";
import { ClientError } from "./client-error.ts";
import type { OnEvent } from "./client-event.ts";
import { orAborted } from "./deadline.ts";
import type { Post } from "./https-post.ts";
import type { NetworkClock } from "./network-clock.ts";
import type { NetworkDescription } from "./network-file.ts";

/** Age at which the node list is asked for again (Session Desktop: hourly), and when the seeds did not agree on it. */
const OLD_MS = 60 * 60 * 1000;
const OLD_WHEN_DISPUTED_MS = 60 * 1000;

/** How soon after an attempt the next one follows when that one failed. */
const AGAIN_MS = 60 * 1000;
/** A node's hint that the list is out of date is followed so often at most: nodes must not make clients press on seeds. */
const HINT_INTERVAL_MS = 5_000;

/** Where node lists come from and go to. */
export interface NodeListsParts {
  readonly post: Post;
  readonly clock: NetworkClock;
  readonly onEvent: OnEvent;
  /** Takes each fresh list. */
  readonly take: (list: NodeList) => void;
}

/** Asks the seeds for the node list: at the start, when it is old, and when nodes hint that it has changed. */
export class NodeLists {
  readonly #network: NetworkDescription;
  readonly #options: { insecure: boolean; minHeight: number };
  readonly #parts: NodeListsParts;
  #list: NodeList = { nodes: [], disputed: [], seeds: [], height: 0, warnings: [] };
  #askedMs = 0;
  #listedMs = 0;
  #asking: Promise<void> | undefined;

  constructor(network: NetworkDescription, options: { insecure: boolean; minHeight: number }, parts: NodeListsParts) {
    this.#network = network;
    this.#options = options;
    this.#parts = parts;
  }

  /** The list in force; empty before the first answer. */
  current(): NodeList {
    return this.#list;
  }

  /**
   * Asks now; who asks while an answer is awaited gets the same one. Throws as `bootstrap`, then the old list stays, and
   * the signal's reason; the answer is still taken when it comes.
   */
  async refresh(signal?: AbortSignal): Promise<void> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    await orAborted(this.#asking, signal);
  }

  /** Asks when the list is old. The old list serves on when the seeds fail. */
  async refreshWhenOld(signal?: AbortSignal): Promise<void> {
    const oldMs = this.#list.disputed.length === 0 ? OLD_MS : OLD_WHEN_DISPUTED_MS;
    if (this.#parts.clock.local() - this.#listedMs >= oldMs) await this.#refreshUnlessAsked(AGAIN_MS, signal);
  }

  /** Asks because a node says that the list is out of date, unless the seeds were asked just now. Throws the signal's reason only. */
  async refreshOnHint(signal?: AbortSignal): Promise<void> {
    await this.#refreshUnlessAsked(HINT_INTERVAL_MS, signal);
  }

  /** Unless the seeds were asked less than so many ms ago; an answer that is still to come is awaited. */
  async #refreshUnlessAsked(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#asking === undefined && this.#parts.clock.local() - this.#askedMs < ms) return;
    try {
      await this.refresh(signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ClientError)) throw error;
      this.#parts.onEvent({ type: "warning", message: `the node list stays as it was: ${error.message}` });
    }
  }

  async #ask(): Promise<void> {
    const nowMs = this.#parts.clock.local();
    this.#askedMs = nowMs;
    const minHeight = Math.max(this.#options.minHeight, this.#list.height);
    this.#list = await bootstrap(this.#network, { ...this.#options, minHeight, nowMs }, this.#parts.post);
    this.#listedMs = nowMs;
    this.#parts.take(this.#list);
  }
}
