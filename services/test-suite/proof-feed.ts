import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { Bus } from "@swarmpost/bus";
import { type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { type AcceptedProofSchema, ProofsChangedSchema, type WatchProofsResponseSchema } from "@swarmpost/protos";
import type { KeptProof } from "./kept-proof.ts";
import type { ProofBook, ProofChange } from "./proof-book.ts";

const SUBJECT = "swarmpost.proof.changed";
/** Proofs in one message of the bus: about 300 KB. */
const MAX_IN_MESSAGE = 500;

/** The wire form of a kept proof. */
export function acceptedProof(kept: KeptProof): MessageInitShape<typeof AcceptedProofSchema> {
  return { signed: { ...kept.signed }, receivedMs: BigInt(kept.receivedMs) };
}

/** Gives the proofs to everybody who watches or listens on the bus; changes of one tick go out together. */
export class ProofFeed {
  readonly #book: ProofBook;
  readonly #bus: Bus;
  readonly #watchers = new Set<Changes>();
  readonly #unpublished = new Set<Pubkey>();

  constructor(collaborators: { book: ProofBook; bus: Bus }) {
    this.#book = collaborators.book;
    this.#bus = collaborators.bus;
    this.#book.onChange((change) => this.#take(change));
  }

  /** All proofs, then each change, until the signal is aborted. */
  async *watch(signal: AbortSignal): AsyncGenerator<MessageInitShape<typeof WatchProofsResponseSchema>, void> {
    const changes = new Changes(signal);
    this.#watchers.add(changes);
    try {
      yield { snapshot: true, accepted: [...this.#book.all()].map(acceptedProof) };
      for (let nodes = await changes.next(); nodes.length > 0; nodes = await changes.next()) yield this.#stateOf(nodes);
    } finally {
      this.#watchers.delete(changes);
    }
  }

  #take({ accepted, dropped }: ProofChange): void {
    const nodes = [...accepted, ...dropped].map(({ proof }) => proof.pubkey);
    for (const watcher of this.#watchers) watcher.add(nodes);
    if (this.#unpublished.size === 0) setImmediate(() => this.#publish());
    for (const node of nodes) this.#unpublished.add(node);
  }

  #publish(): void {
    const nodes = [...this.#unpublished];
    this.#unpublished.clear();
    for (let at = 0; at < nodes.length; at += MAX_IN_MESSAGE) {
      const change = create(ProofsChangedSchema, this.#stateOf(nodes.slice(at, at + MAX_IN_MESSAGE)));
      this.#bus.publish(SUBJECT, toBinary(ProofsChangedSchema, change));
    }
  }

  #stateOf(nodes: readonly Pubkey[]): { accepted: ReturnType<typeof acceptedProof>[]; dropped: Buffer[] } {
    const kept = nodes.map((node) => this.#book.get(node));
    return {
      accepted: kept.filter((proof) => proof !== undefined).map(acceptedProof),
      dropped: nodes.filter((_node, index) => kept[index] === undefined).map(pubkeyBytes),
    };
  }
}

/** The nodes whose proofs changed since a watcher looked last: a slow watcher costs one entry for each node, no more. */
class Changes {
  readonly #signal: AbortSignal;
  readonly #nodes = new Set<Pubkey>();
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#wake?.(), { once: true });
  }

  add(nodes: readonly Pubkey[]): void {
    for (const node of nodes) this.#nodes.add(node);
    this.#wake?.();
  }

  /** Waits for a change; empty when the signal was aborted. */
  async next(): Promise<Pubkey[]> {
    while (this.#nodes.size === 0 && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#signal.aborted) return [];
    const nodes = [...this.#nodes];
    this.#nodes.clear();
    return nodes;
  }
}
