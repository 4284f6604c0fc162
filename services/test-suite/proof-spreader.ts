import { type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import type { SignedProof } from "@swarmpost/proof";
import { backoff, type Clock, errorFields, type Logger, WakeableLoop } from "@swarmpost/runtime";
import { addressText, type PeerSeed } from "./config-values.ts";
import { fitRequest } from "./exchange-bounds.ts";
import { sendable } from "./kept-proof.ts";
import type { TestSuiteMetrics } from "./metrics.ts";
import type { OwnRelays } from "./own-relays.ts";
import type { ProofBook } from "./proof-book.ts";
import type { ProofExchange } from "./proof-exchange.ts";
import { sample } from "./sample.ts";

/** How often proofs are exchanged, and whom with at first. */
export interface ProofSpreaderOptions {
  readonly seeds: readonly PeerSeed[];
  readonly spreadMs: number;
  readonly digestMs: number;
}

/** What the spreader works with. */
export interface ProofSpreaderParts {
  readonly book: ProofBook;
  readonly exchange: ProofExchange;
  readonly relays: OwnRelays;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: TestSuiteMetrics;
}

/** Somebody to exchange with; `address` only when no proof tells where it answers. */
interface Target {
  readonly peer: Pubkey;
  readonly address: string;
}

/** New proofs go to this many nodes of other clusters at a time. */
const FAN_OUT = 3;
const MAX_RETRY_MS = 30_000;
const DEADLINE_MS = 15_000;

/** Brings proofs to other clusters, and theirs here, over the peer links of the own relays. */
export class ProofSpreader implements AsyncDisposable {
  readonly #options: ProofSpreaderOptions;
  readonly #parts: ProofSpreaderParts;
  readonly #news = new Set<Pubkey>();
  readonly #loop: WakeableLoop;
  #digestDueMs = 0;
  #failures = 0;

  constructor(options: ProofSpreaderOptions, parts: ProofSpreaderParts) {
    this.#options = options;
    this.#parts = parts;
    parts.book.onChange(({ accepted }) => {
      for (const { proof } of accepted) this.#news.add(proof.pubkey);
    });
    this.#loop = new WakeableLoop((signal) => this.#round(signal));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#loop[Symbol.asyncDispose]();
  }

  /** One round; rests longer the oftener nobody was reached. */
  async #round(signal: AbortSignal): Promise<number> {
    const { spreadMs, digestMs } = this.#options;
    const nowMs = this.#parts.clock.now();
    const digestDue = nowMs >= this.#digestDueMs;
    if (this.#news.size === 0 && !digestDue) return spreadMs;
    const targets = this.#targets();
    if (targets.length === 0 || !this.#parts.relays.anySigning()) return spreadMs;
    const news = [...this.#news];
    this.#news.clear();
    const reached = await this.#reach(targets.slice(0, news.length > 0 ? FAN_OUT : 1), news, signal);
    if (reached) {
      this.#digestDueMs = nowMs + digestMs;
      this.#failures = 0;
      return spreadMs;
    }
    for (const node of news) this.#news.add(node);
    this.#failures += 1;
    return Math.max(spreadMs, backoff(this.#failures, { minMs: spreadMs, maxMs: MAX_RETRY_MS }));
  }

  /** Nodes of other clusters in random order; the seeds while none is known. */
  #targets(): Target[] {
    const { book, relays } = this.#parts;
    const foreign = [...book.all()].map(({ proof }) => proof.pubkey).filter((node) => !relays.owns(node));
    return foreign.length > 0 ? sample(foreign, FAN_OUT).map((peer) => ({ peer, address: "" })) : this.#seeds();
  }

  #seeds(): Target[] {
    const others = this.#options.seeds.filter(({ pubkey }) => !this.#parts.relays.owns(pubkey));
    return sample(others, FAN_OUT).map((seed) => ({ peer: seed.pubkey, address: addressText(seed) }));
  }

  /** Exchanges with the targets, and with the seeds when none of them answers. */
  async #reach(targets: readonly Target[], news: readonly Pubkey[], signal: AbortSignal): Promise<boolean> {
    if (await this.#exchangeWithAny(targets, news, signal)) return true;
    const seeds = targets.some(({ address }) => address !== "") ? [] : this.#seeds();
    return this.#exchangeWithAny(seeds, news, signal);
  }

  async #exchangeWithAny(targets: readonly Target[], news: readonly Pubkey[], signal: AbortSignal): Promise<boolean> {
    const done = await Promise.all(targets.map((target) => this.#exchangeWith(target, news, signal)));
    return done.includes(true);
  }

  async #exchangeWith(target: Target, news: readonly Pubkey[], signal: AbortSignal): Promise<boolean> {
    const { exchange, book, clock, logger, metrics } = this.#parts;
    const fresh = news.map((node) => book.get(node)).filter((kept) => kept && sendable(kept.proof, clock.now()));
    try {
      const want = await this.#send(
        target,
        fresh.flatMap((kept) => kept?.signed ?? []),
        signal,
      );
      const wanted = await exchange.wanted(want);
      if (wanted.length > 0) await this.#send(target, wanted, signal);
      metrics.exchanges.sent.inc({ result: "done" });
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      metrics.exchanges.sent.inc({ result: "failed" });
      logger.debug("exchange_failed", errorFields(error));
      return false;
    }
  }

  /** One message there and back through any own relay; returns the keys that the other side would like. */
  async #send({ peer, address }: Target, proofs: readonly SignedProof[], signal: AbortSignal): Promise<Uint8Array[]> {
    const { exchange, relays } = this.#parts;
    const relay = relays.anySigning();
    if (!relay) throw new TypeError("no own relay is ready");
    const have = exchange.digests();
    const fitting = fitRequest(proofs, have.length).map((signed) => ({ ...signed }));
    const request = { peer: pubkeyBytes(peer), address, proofs: fitting, have };
    const answer = await relay.client.exchangeProofs(request, { signal, deadlineMs: DEADLINE_MS });
    exchange.take(answer.proofs.flatMap(({ proof, signature }) => [{ proof, signature }]));
    return answer.want;
  }
}
