import type { Pubkey } from "@swarmpost/crypto";
import { decodeProof, type SignedProof } from "@swarmpost/proof";
import { NodeService } from "@swarmpost/protos";
import { type Client, createClient, openChannel } from "@swarmpost/rpc";
import { backoff, type Clock, type ClusterTls, errorFields, type Logger, WakeableLoop } from "@swarmpost/runtime";
import type { KeptProof } from "./kept-proof.ts";
import type { ProofBook } from "./proof-book.ts";

const RETRY = { minMs: 250, maxMs: 1_000 } as const;
const SIGN_DEADLINE_MS = 5_000;

/** Where a relay is and how often it proves itself. */
export interface OwnRelayOptions {
  /** `host:port`, the host being an IP address. */
  readonly address: string;
  /** Name that `address` was found by, which the relay's certificate must be for. */
  readonly serverName?: string | undefined;
  /** What this service shows the relay and whom it believes, PEM; plain when absent. */
  readonly tls?: ClusterTls | undefined;
  readonly intervalMs: number;
  readonly checkMs: number;
}

/** One relay of the own cluster: asked again and again to sign, so that its node stays proven and a move is told at once. */
export class OwnRelay implements AsyncDisposable {
  readonly #options: OwnRelayOptions;
  readonly #parts: { book: ProofBook; clock: Clock; logger: Logger };
  readonly #channel;
  readonly #client: Client<typeof NodeService>;
  readonly #loop: WakeableLoop;
  #node: Pubkey | undefined;
  #signing = false;
  #failures = 0;

  constructor(options: OwnRelayOptions, parts: { book: ProofBook; clock: Clock; logger: Logger }) {
    this.#options = options;
    this.#parts = parts;
    this.#channel = openChannel(options.address, options);
    this.#client = createClient(NodeService, this.#channel);
    this.#loop = new WakeableLoop((signal) => this.#prove(signal));
  }

  /** The node whose proof it signed last. */
  get node(): Pubkey | undefined {
    return this.#node;
  }

  /** Whether it signed when last asked. */
  get signing(): boolean {
    return this.#signing;
  }

  get client(): Client<typeof NodeService> {
    return this.#client;
  }

  /** Asks now: something changed that may make a proof acceptable. */
  wake(): void {
    this.#loop.wake();
  }

  /** A proof of this moment. @throws RpcError while the relay is away or not ready. */
  async sign(signal?: AbortSignal): Promise<SignedProof | undefined> {
    const options = { deadlineMs: SIGN_DEADLINE_MS, ...(signal ? { signal } : {}) };
    const { signed } = await this.#client.signProof({}, options);
    return signed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
    await this.#channel[Symbol.asyncDispose]();
  }

  async #prove(signal: AbortSignal): Promise<number> {
    try {
      const proven = this.#offer(await this.sign(signal));
      this.#signing = true;
      this.#failures = proven ? 0 : this.#failures + 1;
    } catch (error) {
      if (signal.aborted) return 0;
      if (this.#signing) this.#parts.logger.warn("relay_silent", errorFields(error));
      this.#signing = false;
      this.#failures += 1;
    }
    const { checkMs } = this.#options;
    return this.#failures === 0 ? checkMs : Math.min(checkMs, backoff(this.#failures, RETRY));
  }

  /** Offers a signed proof when it is due or says something new. Returns whether the node is proven. */
  #offer(signed: SignedProof | undefined): boolean {
    const proof = signed && decodeProof(signed.proof);
    if (!signed || !proof) return false;
    this.#node = proof.pubkey;
    const { book, clock } = this.#parts;
    const kept = book.get(proof.pubkey);
    if (kept && sameContact(kept, proof) && clock.now() - kept.receivedMs < this.#options.intervalMs) return true;
    book.offer(signed, "own");
    return book.get(proof.pubkey) !== undefined;
  }
}

function sameContact({ proof: kept }: KeptProof, proof: KeptProof["proof"]): boolean {
  const samePorts = kept.httpsPort === proof.httpsPort && kept.peerPort === proof.peerPort;
  const sameReplica = kept.replicaPort === proof.replicaPort && kept.certificate.equals(proof.certificate);
  return kept.ip === proof.ip && samePorts && sameReplica;
}
