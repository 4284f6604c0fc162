import { type Pubkey, pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { decodeProof, type SignedProof } from "@swarmpost/proof";
import type { Clock } from "@swarmpost/runtime";
import { fitAnswer, MAX_EXCHANGED } from "./exchange-bounds.ts";
import type { FreshProofs } from "./fresh-proofs.ts";
import { sendable } from "./kept-proof.ts";
import type { OwnRelays } from "./own-relays.ts";
import type { ProofBook } from "./proof-book.ts";
import type { RegistryFollower } from "./registry-follower.ts";

/** Names a proof: the node and the proof's own time. */
export interface Digest {
  readonly pubkey: Uint8Array;
  readonly time: bigint;
}

/** What the exchange works with. */
export interface ProofExchangeParts {
  readonly book: ProofBook;
  readonly fresh: FreshProofs;
  readonly relays: OwnRelays;
  readonly registry: RegistryFollower;
  readonly clock: Clock;
}

/** The steps of an exchange of proofs with another cluster, the same at both ends. docs/protocol/uptime-proof.md */
export class ProofExchange {
  readonly #parts: ProofExchangeParts;

  constructor(parts: ProofExchangeParts) {
    this.#parts = parts;
  }

  /** Names all proofs we have. */
  digests(): Digest[] {
    return [...this.#parts.book.all()].map(({ proof }) => ({ pubkey: pubkeyBytes(proof.pubkey), time: proof.time }));
  }

  /** Judges proofs that another cluster sent; what is over the limit is thrown away. */
  take(proofs: readonly SignedProof[]): void {
    for (const signed of proofs.slice(0, MAX_EXCHANGED)) this.#parts.book.offer(signed, "peer");
  }

  /** Proofs that somebody who has these lacks, or has in an older version. */
  async lackedBy(have: readonly Digest[]): Promise<SignedProof[]> {
    const theirs = timesOf(have);
    const { book, relays, clock } = this.#parts;
    const nowMs = clock.now();
    const lacked = [...book.all()]
      .filter(({ proof }) => {
        const time = theirs.get(proof.pubkey);
        if (time !== undefined) return time < proof.time && sendable(proof, nowMs);
        return sendable(proof, nowMs) || relays.owns(proof.pubkey);
      })
      .map(({ proof }) => proof.pubkey);
    return fitAnswer(await this.#parts.fresh.of(lacked.slice(0, MAX_EXCHANGED)));
  }

  /** Registered nodes of other clusters of which somebody who has these knows more than we do. */
  wantedFrom(have: readonly Digest[]): Pubkey[] {
    const { book, relays, registry, clock } = this.#parts;
    const nowMs = clock.now();
    const wanted = [...timesOf(have)].filter(([node, time]) => {
      if (!registry.has(node) || relays.owns(node)) return false;
      const kept = book.get(node);
      return kept === undefined || (kept.proof.time < time && sendable({ time }, nowMs));
    });
    return wanted.slice(0, MAX_EXCHANGED).map(([node]) => node);
  }

  /** The proofs that were asked for by key. */
  async wanted(keys: readonly Uint8Array[]): Promise<SignedProof[]> {
    const nodes = keys.filter((key) => key.length === 32).map((key) => pubkey(key));
    return this.#parts.fresh.of(nodes.slice(0, MAX_EXCHANGED));
  }
}

/** Names proofs that were just sent; unreadable ones have no name. */
export function digestsOf(proofs: readonly SignedProof[]): Digest[] {
  return proofs.flatMap((signed) => {
    const proof = decodeProof(signed.proof);
    return proof ? [{ pubkey: pubkeyBytes(proof.pubkey), time: proof.time }] : [];
  });
}

function timesOf(have: readonly Digest[]): Map<Pubkey, bigint> {
  return new Map(
    have.filter((digest) => digest.pubkey.length === 32).map(({ pubkey: key, time }) => [pubkey(key), time]),
  );
}
