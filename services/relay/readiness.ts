import type { Pubkey } from "@swarmpost/crypto";
import type { ViewFollower } from "@swarmpost/network-view";
import { sleep } from "@swarmpost/runtime";
import type { DoppelgangerGuard } from "./doppelganger-guard.ts";
import type { StorageRpc } from "./storage-rpc.ts";

const ASK_EVERY_MS = 2_000;
const ASK_AGAIN_MS = 250;

/**
 * Whether this node can serve: it is registered, sits in a swarm, no other process has its key, its storage is ready and its
 * ports are open. Its own
 * uptime proof is not asked for: a node signs one only when it is ready.
 */
export class Readiness implements AsyncDisposable {
  readonly #self: Pubkey;
  readonly #view: Pick<ViewFollower, "current" | "ready">;
  readonly #storage: Pick<StorageRpc, "readiness">;
  readonly #stop = new AbortController();
  readonly #asking: Promise<void>;
  #storageReason: string | undefined = "storage has not answered yet";
  #guard: Pick<DoppelgangerGuard, "reason"> | undefined;

  constructor(
    self: Pubkey,
    parts: { view: Pick<ViewFollower, "current" | "ready">; storage: Pick<StorageRpc, "readiness"> },
  ) {
    this.#self = self;
    this.#view = parts.view;
    this.#storage = parts.storage;
    this.#asking = this.#ask();
  }

  /** To be called once, when all ports are bound, with what looks from then on for another process with this key. */
  opened(guard: Pick<DoppelgangerGuard, "reason">): void {
    this.#guard = guard;
  }

  /** Why this node is not ready, in words for clients and operators; undefined when it is. Cheap. */
  reason(): string | undefined {
    if (!this.#guard) return "ports are not open yet";
    return this.viewReason() ?? this.#guard.reason() ?? this.#storageReason;
  }

  /** Why the network view does not let this node serve. */
  viewReason(): string | undefined {
    const unknown = this.#view.ready();
    if (unknown !== undefined) return unknown;
    const node = this.#view.current.node(this.#self);
    if (!node) return "not registered";
    return node.swarmId === undefined ? "in no swarm" : undefined;
  }

  /** Why storage is not ready, at most two seconds old. */
  storageReason(): string | undefined {
    return this.#storageReason;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#storageReason = await this.#storage.readiness();
      await sleep(this.#storageReason === undefined ? ASK_EVERY_MS : ASK_AGAIN_MS, signal).catch(() => {});
    }
  }
}
