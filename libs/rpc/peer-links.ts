import type { Pubkey } from "@swarmpost/crypto";
import type { LinkLimits, LinkRequestOptions, LinkState } from "./link.ts";
import { LinkClient } from "./link-client.ts";
import { LinkError } from "./link-error.ts";
import { dialPeer, type PeerTarget } from "./peer-dial.ts";
import type { PeerIdentity } from "./peer-identity.ts";

/** Where a peer answers, as its uptime proof says. */
export interface PeerContact {
  host: string;
  port: number;
  /** DER; a contact without one is trusted on its key at first contact. */
  certificate?: Buffer;
}

/** A peer known only by key and address: a seed, or a node without a proof. */
export interface FirstContact {
  pubkey: Pubkey;
  host: string;
  port: number;
}

/** Who we are on our links, and their bounds. */
export interface PeerLinksOptions extends PeerIdentity {
  limits?: LinkLimits;
}

/** Requests on a link that was replaced get this long to be answered. */
const RETIRE_MS = 30_000;

/** Whom links may go to and where. Both are asked for every request, so they must be cheap look-ups. */
export interface LinkedPeers {
  /** Where a peer answers; undefined when that is not known or the peer may not be called. */
  readonly contact: (peer: Pubkey) => PeerContact | undefined;
  /** Whether a peer known only by key and address may be called (`requestAt`). Default: any. */
  readonly admit?: (peer: Pubkey) => boolean;
}

/** A link's place in the pool. */
interface Entry {
  readonly peer: Pubkey;
  readonly contact: PeerContact;
  readonly link: LinkClient;
}

/** Links to other nodes, opened when asked for and closed when idle. A changed contact gets a new link. */
export class PeerLinks implements AsyncDisposable {
  readonly #options: PeerLinksOptions;
  readonly #contact: (peer: Pubkey) => PeerContact | undefined;
  readonly #admit: (peer: Pubkey) => boolean;
  readonly #entries = new Map<string, Entry>();
  readonly #retired = new Set<LinkClient>();
  #disposed = false;

  constructor(options: PeerLinksOptions, peers: LinkedPeers) {
    this.#options = options;
    this.#contact = peers.contact;
    this.#admit = peers.admit ?? (() => true);
  }

  /** Sends a request to a node whose contact is known. Rejects with LinkError only. */
  async request(peer: Pubkey, kind: number, payload: Uint8Array, options: LinkRequestOptions): Promise<Buffer> {
    const contact = this.#contact(peer);
    if (!contact) {
      this.#drop(peer);
      throw new LinkError("unreachable", "no contact is known for this node");
    }
    return this.#link(peer, peer, contact).request(kind, payload, options);
  }

  /** Sends a request to a node known only by key and address. The key must match; the certificate is not known before. */
  async requestAt(at: FirstContact, kind: number, payload: Uint8Array, options: LinkRequestOptions): Promise<Buffer> {
    const key = `${at.pubkey}@${at.host}:${at.port}`;
    if (!this.#admit(at.pubkey)) {
      this.#drop(key);
      throw new LinkError("unreachable", "this node may not be called");
    }
    return this.#link(key, at.pubkey, { host: at.host, port: at.port }).request(kind, payload, options);
  }

  /** State of the link to a node; "idle" when there is none. */
  state(peer: Pubkey): LinkState {
    return this.#entries.get(peer)?.link.state ?? "idle";
  }

  /** Tries at once to reach a node whose link is down: it was heard of. */
  wake(peer: Pubkey): void {
    this.#entries.get(peer)?.link.wake();
  }

  /**
   * Closes links to nodes that have no contact any more and, of those made at first contact, to nodes that are no longer
   * admitted. To be called when the network view changed.
   */
  refresh(): void {
    for (const [key, { peer }] of this.#entries) {
      const allowed = key === peer ? this.#contact(peer) !== undefined : this.#admit(peer);
      if (!allowed) this.#drop(key);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    const links = [...this.#retired, ...[...this.#entries.values()].map((entry) => entry.link)];
    this.#entries.clear();
    await Promise.all(links.map((link) => link[Symbol.asyncDispose]()));
  }

  #link(key: string, peer: Pubkey, contact: PeerContact): LinkClient {
    if (this.#disposed) throw new LinkError("unreachable", "the links are closed");
    const known = this.#entries.get(key);
    if (known && sameContact(known.contact, contact)) return known.link;
    if (known) this.#retire(known.link, RETIRE_MS);
    const target: PeerTarget = { pubkey: peer, ...contact };
    const link = new LinkClient(
      (signal) => dialPeer(this.#options, target, signal),
      this.#options.limits,
      () => this.#forget(key, link),
    );
    this.#entries.set(key, { peer, contact, link });
    return link;
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#retire(entry.link, 0);
  }

  #retire(link: LinkClient, graceMs: number): void {
    this.#retired.add(link);
    void link.retire(graceMs).then(() => this.#retired.delete(link));
  }

  #forget(key: string, link: LinkClient): void {
    if (this.#entries.get(key)?.link === link) this.#entries.delete(key);
  }
}

function sameContact(a: PeerContact, b: PeerContact): boolean {
  if (a === b) return true;
  if (a.host !== b.host || a.port !== b.port) return false;
  if (a.certificate === b.certificate) return true;
  return a.certificate !== undefined && b.certificate !== undefined && a.certificate.equals(b.certificate);
}
