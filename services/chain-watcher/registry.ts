import type { Address } from "@swarmpost/staking";
import { ChainWatcherError } from "./errors.ts";
import type { Known } from "./evm-source.ts";
import type { ChangedBlock, JournalContents, JournalEntry } from "./journal.ts";
import { encodeChange, type RegistrySnapshot } from "./registry-message.ts";
import { type JudgedEvent, RegistryState } from "./registry-state.ts";
import type { Cursor, SourceIdentity } from "./source-identity.ts";

/** The registry at the last final block that was read, made again from the journal at each start. */
export class Registry {
  readonly #identity: SourceIdentity;
  readonly #state = new RegistryState();
  #cursor: Cursor;
  #eventCount = 0;

  constructor(contents: JournalContents) {
    this.#identity = contents.identity;
    this.#cursor = contents.cursor;
    for (const block of byBlock(contents.events)) this.#applyBlock(block);
  }

  get known(): Known {
    return { identity: this.#identity, cursor: this.#cursor, eventCount: this.#eventCount };
  }

  /** @throws ChainWatcherError `diverged` when the settings name another contract than the one that was followed. */
  requireContract(contract: Address): void {
    if (contract.toLowerCase() === this.#identity.contract.toLowerCase()) return;
    throw new ChainWatcherError("diverged", "the configured contract is not the one that was followed so far");
  }

  snapshot(): RegistrySnapshot {
    return { identity: this.#identity, cursor: this.#cursor, nodes: this.#state.nodes() };
  }

  /** Moves to a later block. Gives what the journal must keep: when it can't, this object is of no use any more. */
  apply(to: Cursor, events: readonly JudgedEvent[]): JournalEntry {
    const from = this.#cursor;
    const blocks = byBlock(events).flatMap((block) => this.#applyBlock(block) ?? []);
    this.#cursor = to;
    return { from, to, events, blocks };
  }

  #applyBlock(events: readonly [JudgedEvent, ...JudgedEvent[]]): ChangedBlock | undefined {
    this.#eventCount += events.length;
    const change = this.#state.applyBlock(events);
    if (change.joined.length === 0 && change.left.length === 0) return undefined;
    const { height, blockHash: hash } = events[0].event;
    return { height, hash, change: encodeChange({ height, hash }, change) };
  }
}

/** Events in the order of the chain, block by block. */
function byBlock(events: readonly JudgedEvent[]): [JudgedEvent, ...JudgedEvent[]][] {
  const blocks: [JudgedEvent, ...JudgedEvent[]][] = [];
  for (const judged of events) {
    const last = blocks.at(-1);
    if (last !== undefined && last[0].event.height === judged.event.height) last.push(judged);
    else blocks.push([judged]);
  }
  return blocks;
}
