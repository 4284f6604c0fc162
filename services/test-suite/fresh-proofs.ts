import type { Pubkey } from "@swarmpost/crypto";
import { decodeProof, type SignedProof } from "@swarmpost/proof";
import type { Clock } from "@swarmpost/runtime";
import { sendable } from "./kept-proof.ts";
import type { OwnRelays } from "./own-relays.ts";
import type { ProofBook } from "./proof-book.ts";

/** A relay is asked no oftener than this for a proof that another cluster lacks. */
const PAUSE_MS = 60_000;

/**
 * Proofs that others can accept. One older than five minutes is of no use to anybody, so for an own node that another cluster
 * lacks altogether a fresh one is signed: a cluster that joins, or was cut off for long, need not wait an hour.
 */
export class FreshProofs {
  readonly #parts: { book: ProofBook; relays: OwnRelays; clock: Clock };
  readonly #signed = new Map<Pubkey, { askedMs: number; signed: Promise<SignedProof | undefined> }>();

  constructor(parts: { book: ProofBook; relays: OwnRelays; clock: Clock }) {
    this.#parts = parts;
  }

  /** The proofs of these nodes that can still be accepted elsewhere, own ones signed anew where needed. */
  async of(nodes: readonly Pubkey[]): Promise<SignedProof[]> {
    const proofs = await Promise.all(nodes.map((node) => this.#one(node)));
    return proofs.filter((proof) => proof !== undefined);
  }

  async #one(node: Pubkey): Promise<SignedProof | undefined> {
    const { book, relays, clock } = this.#parts;
    const kept = book.get(node);
    if (!kept || sendable(kept.proof, clock.now())) return kept?.signed;
    const relay = relays.relayOf(node);
    if (!relay) return undefined;
    const before = this.#signed.get(node);
    if (before) {
      const signed = await before.signed;
      const proof = signed && decodeProof(signed.proof);
      if (proof && sendable(proof, clock.now())) return signed;
      if (clock.now() - before.askedMs < PAUSE_MS) return undefined;
    }
    // A relay that is away or not ready has nothing to prove.
    const signed = relay.sign().catch(() => undefined);
    this.#signed.set(node, { askedMs: clock.now(), signed });
    return signed;
  }
}
