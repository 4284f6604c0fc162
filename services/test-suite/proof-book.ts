import type { Pubkey } from "@swarmpost/crypto";
import { decodeProof, type ProofRefusal, type SignedProof, type Version, verifyProof } from "@swarmpost/proof";
import type { Clock, Logger } from "@swarmpost/runtime";
import type { KeptProof } from "./kept-proof.ts";
import type { TestSuiteMetrics } from "./metrics.ts";
import { RefusalLog } from "./refusal-log.ts";
import type { RegistryFollower } from "./registry-follower.ts";

/** What the book's contents did. */
export interface ProofChange {
  readonly accepted: readonly KeptProof[];
  readonly dropped: readonly KeptProof[];
}

/** Where a proof came from: an own relay signed it, or another cluster sent it. */
export type ProofSource = "own" | "peer";

/** What the book does with an offered proof; "known" is the very proof that is kept already. */
export type Judgement = "accepted" | "known" | ProofRefusal;

/** The rules of the network, and how long a proof counts. */
export interface ProofBookOptions {
  readonly lifetimeMs: number;
  readonly minimumVersion: Version;
  readonly allowedAddress: (ip: string) => boolean;
}

const HOUR_MS = 3_600_000;

/** The latest accepted proof of each node: judges what is offered, drops what ran out or left the registry. */
export class ProofBook {
  readonly #options: ProofBookOptions;
  readonly #parts: { registry: RegistryFollower; clock: Clock; logger: Logger; metrics: TestSuiteMetrics };
  readonly #refusals: RefusalLog;
  readonly #kept = new Map<Pubkey, KeptProof>();
  readonly #listeners: ((change: ProofChange) => void)[] = [];

  constructor(
    options: ProofBookOptions,
    parts: { registry: RegistryFollower; clock: Clock; logger: Logger; metrics: TestSuiteMetrics },
  ) {
    this.#options = options;
    this.#parts = parts;
    this.#refusals = new RefusalLog(parts);
  }

  /** Takes back what an earlier run had accepted. */
  restore(proofs: readonly KeptProof[]): void {
    for (const kept of proofs) this.#kept.set(kept.proof.pubkey, kept);
    this.sweep();
  }

  get(node: Pubkey): KeptProof | undefined {
    return this.#kept.get(node);
  }

  all(): IterableIterator<KeptProof> {
    return this.#kept.values();
  }

  onChange(listener: (change: ProofChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Judges a proof by the rules of docs/protocol/uptime-proof.md, and keeps it when it is good. */
  offer(signed: SignedProof, source: ProofSource): Judgement {
    const { logger, metrics } = this.#parts;
    if (this.#isKept(signed)) return "known";
    const judgement = this.#judge(signed);
    metrics.proofs.judged.inc({ reason: judgement, source });
    if (judgement === "accepted") logger.debug("proof_accepted", { source });
    else this.#refusals.note(judgement, source);
    return judgement;
  }

  /** Drops proofs that ran out and, once the registry is known, those of nodes that are not in it. */
  sweep(): void {
    const { registry, clock } = this.#parts;
    const oldest = clock.now() - this.#options.lifetimeMs;
    const dropped = [...this.#kept]
      .filter(([node, { receivedMs }]) => receivedMs < oldest || (registry.known && !registry.has(node)))
      .map(([, kept]) => kept);
    if (dropped.length === 0) return;
    for (const { proof } of dropped) this.#kept.delete(proof.pubkey);
    this.#parts.logger.info("proofs_dropped", { dropped: dropped.length, proof_count: this.#kept.size });
    this.#tell({ accepted: [], dropped });
  }

  #isKept(signed: SignedProof): boolean {
    const node = decodeProof(signed.proof)?.pubkey;
    const kept = node && this.#kept.get(node);
    return kept !== undefined && sameBytes(kept.signed, signed);
  }

  #judge(signed: SignedProof): "accepted" | ProofRefusal {
    const nowMs = this.#parts.clock.now();
    const verdict = verifyProof(signed, {
      nowMs,
      network: this.#parts.registry.network,
      registered: (node) => this.#parts.registry.has(node),
      allowedAddress: this.#options.allowedAddress,
      minimumVersion: this.#options.minimumVersion,
      previous: (node) => this.#kept.get(node),
    });
    if (!verdict.ok) return verdict.reason;
    const { proof, changed } = verdict;
    const earlier = this.#kept.get(proof.pubkey)?.changesMs.filter((ms) => nowMs - ms < HOUR_MS) ?? [];
    const copy = { proof: Buffer.from(signed.proof), signature: Buffer.from(signed.signature) };
    const kept = { signed: copy, proof, receivedMs: nowMs, changesMs: changed ? [...earlier, nowMs] : earlier };
    this.#kept.set(proof.pubkey, kept);
    this.#tell({ accepted: [kept], dropped: [] });
    return "accepted";
  }

  #tell(change: ProofChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function sameBytes(a: SignedProof, b: SignedProof): boolean {
  return Buffer.compare(a.signature, b.signature) === 0 && Buffer.compare(a.proof, b.proof) === 0;
}
