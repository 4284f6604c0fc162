import { type Pubkey, pubkey } from "@swarmpost/crypto";
import type { AcceptedProof } from "@swarmpost/protos";
import { contactOf } from "./contact.ts";
import type { NodeContact } from "./network-view.ts";

/** A contact with what is needed to tell a newer proof from an older one. */
interface Entry {
  readonly time: bigint;
  readonly signature: string;
  readonly contact: NodeContact;
  /** When the source last gave it as valid, unix ms; 0 when it only came over the bus. */
  givenMs: number;
}

/** The source's word that a proof is valid counts for this long, whatever lifetime we expect of proofs. */
const GIVEN_MS = 10 * 60_000;
/** A contact whose proof ran out still serves links between nodes for this long. */
const GRACE_MS = 24 * 3_600_000;

/**
 * The contacts of all nodes that have proven themselves. A contact goes only when its proof is dropped, or when it has
 * run out and the source no longer gives it: a source that forgot everything does not make the network unreachable.
 * While the source is away, contacts run out: they are offered to no client then, and go a day later.
 */
export class ContactBook {
  readonly #lifetimeMs: number;
  readonly #entries = new Map<Pubkey, Entry>();
  readonly #signatures = new Map<string, Pubkey>();
  readonly #dropped = new Map<Pubkey, bigint>();
  #expired = new Set<Pubkey>();
  #known = false;

  /** @param options.lifetimeMs how long a proof is valid after it was received. */
  constructor(options: { lifetimeMs: number }) {
    this.#lifetimeMs = options.lifetimeMs;
  }

  get contacts(): ReadonlyMap<Pubkey, NodeContact> {
    return new Map([...this.#entries].map(([key, { contact }]) => [key, contact]));
  }

  /** Nodes whose contact ran out, as of the last `age` or `replace`. */
  get expired(): ReadonlySet<Pubkey> {
    return new Set(this.#expired);
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
    for (const [key, entry] of this.#entries) {
      if (given.has(entry.signature)) entry.givenMs = nowMs;
      else if (entry.contact.provenMs + this.#lifetimeMs <= nowMs) changed = this.#remove(key) || changed;
    }
    return this.age(nowMs) || changed;
  }

  /** Marks contacts that ran out, and forgets those that did a day ago. To be called while the source is away, too. */
  age(nowMs: number): boolean {
    let changed = false;
    for (const [key, entry] of this.#entries) {
      const overMs = nowMs - this.#validUntil(entry);
      if (overMs < 0) changed = this.#expired.delete(key) || changed;
      else if (overMs >= GRACE_MS) changed = this.#forget(key) || changed;
      else if (!this.#expired.has(key)) {
        this.#expired.add(key);
        changed = true;
      }
    }
    return changed;
  }

  #validUntil({ contact, givenMs }: Entry): number {
    return Math.max(contact.provenMs + this.#lifetimeMs, givenMs + GIVEN_MS);
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
    this.#entries.set(proven.pubkey, { time: proven.time, signature, contact: proven.contact, givenMs: 0 });
    this.#signatures.set(signature, proven.pubkey);
    this.#dropped.delete(proven.pubkey);
    this.#expired.delete(proven.pubkey);
    return true;
  }

  /** What was dropped does not come back by an older word of the bus. */
  #remove(key: Pubkey): boolean {
    const entry = this.#entries.get(key);
    if (entry) this.#dropped.set(key, entry.time);
    return this.#forget(key);
  }

  /** Its source may give it again: it was this machine's clock that said that its time is over. */
  #forget(key: Pubkey): boolean {
    const entry = this.#entries.get(key);
    if (!entry) return false;
    this.#signatures.delete(entry.signature);
    this.#expired.delete(key);
    return this.#entries.delete(key);
  }
}

function signatureOf(proof: AcceptedProof): string {
  return Buffer.from(proof.signed?.signature ?? []).toString("latin1");
}
