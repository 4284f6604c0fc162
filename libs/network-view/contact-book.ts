import { type Pubkey, pubkey } from "@swarmpost/crypto";
import type { AcceptedProof } from "@swarmpost/protos";
import { contactOf } from "./contact.ts";
import type { NodeContact } from "./network-view.ts";

/** A contact with what is needed to tell a newer proof from an older one. */
interface Entry {
  readonly time: bigint;
  readonly signature: string;
  readonly contact: NodeContact;
}

/**
 * The contacts of all nodes that have proven themselves. A contact goes only when its proof is dropped, or when it has
 * run out and the source no longer gives it: a source that forgot everything does not make the network unreachable.
 */
export class ContactBook {
  readonly #lifetimeMs: number;
  readonly #entries = new Map<Pubkey, Entry>();
  readonly #signatures = new Map<string, Pubkey>();
  readonly #dropped = new Map<Pubkey, bigint>();
  #known = false;

  /** @param options.lifetimeMs how long a proof is valid after it was received. */
  constructor(options: { lifetimeMs: number }) {
    this.#lifetimeMs = options.lifetimeMs;
  }

  get contacts(): ReadonlyMap<Pubkey, NodeContact> {
    return new Map([...this.#entries].map(([key, { contact }]) => [key, contact]));
  }

  /** Whether the whole set was ever taken, be it the empty one. */
  get known(): boolean {
    return this.#known;
  }

  /** Takes proofs that may be newer than the known ones; older and dropped ones are passed over. */
  accept(proofs: Iterable<AcceptedProof>): boolean {
    let changed = false;
    for (const proof of proofs) if (this.#accept(proof)) changed = true;
    return changed;
  }

  /** Forgets the contacts of these nodes until a newer proof comes. Keys are 32 bytes each. */
  drop(keys: Iterable<Uint8Array>): boolean {
    let changed = false;
    for (const bytes of keys) if (this.#remove(pubkey(bytes))) changed = true;
    return changed;
  }

  /** Takes the whole set of valid proofs; what is not in it goes once it has run out. */
  replace(proofs: readonly AcceptedProof[], nowMs: number): boolean {
    this.#known = true;
    let changed = this.accept(proofs);
    const given = new Set(proofs.map((proof) => signatureOf(proof)));
    for (const [key, { signature, contact }] of this.#entries) {
      if (given.has(signature) || contact.provenMs + this.#lifetimeMs > nowMs) continue;
      changed = this.#remove(key) || changed;
    }
    return changed;
  }

  #accept(proof: AcceptedProof): boolean {
    const signature = signatureOf(proof);
    if (this.#signatures.has(signature)) return false;
    const proven = contactOf(proof);
    if (!proven) return false;
    const known = this.#entries.get(proven.pubkey);
    const newerThan = known?.time ?? this.#dropped.get(proven.pubkey) ?? -1n;
    if (proven.time <= newerThan) return false;
    if (known) this.#signatures.delete(known.signature);
    this.#entries.set(proven.pubkey, { time: proven.time, signature, contact: proven.contact });
    this.#signatures.set(signature, proven.pubkey);
    this.#dropped.delete(proven.pubkey);
    return true;
  }

  #remove(key: Pubkey): boolean {
    const entry = this.#entries.get(key);
    if (!entry) return false;
    this.#dropped.set(key, entry.time);
    this.#signatures.delete(entry.signature);
    return this.#entries.delete(key);
  }
}

function signatureOf(proof: AcceptedProof): string {
  return Buffer.from(proof.signed?.signature ?? []).toString("latin1");
}
